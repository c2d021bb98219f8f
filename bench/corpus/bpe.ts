// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cutForTraining, trainTokenizer } from '@kiban/corpus';
import { JapaneseText } from './japanese-text.ts';

// Training and encoding speed of the tokenizer. Example: node bench/corpus/bpe.ts --megabytes 100 --vocabulary 16384

const { values: options } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '100' },
    vocabulary: { type: 'string', default: '16384' },
    threads: { type: 'string', default: '2' },
    /** A text file instead of made-up text; blank lines part its documents. */
    file: { type: 'string' },
    /** Ends with 1 when training took longer or encoding was slower. */
    'most-seconds': { type: 'string', default: '120' },
    'least-encoding': { type: 'string', default: '8' },
    /** Whether to run the same in Python, where its `tokenizers` is. */
    python: { type: 'string', default: 'python3' },
  },
});
const bytesWanted = Number(options.megabytes) * 1e6;
const vocabularySize = Number(options.vocabulary);
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

console.log(
  `${os.cpus()[0]?.model ?? 'unknown'} x${os.cpus().length}, load ${os.loadavg()[0]!.toFixed(2)}, Node ${process.version}`,
);
const source = options.file === undefined ? 'made-up text' : options.file;
const texts = [
  ...(options.file === undefined
    ? new JapaneseText('bench').documents(bytesWanted)
    : readFileSync(options.file, 'utf8')
        .slice(0, bytesWanted)
        .split(/\n\s*\n/)),
];
const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
console.log(`${source}: ${megabytes(bytes)} MB in ${texts.length} documents; vocabulary ${vocabularySize}`);

const startedAt = performance.now();
const { tokenizer, json } = await trainTokenizer(texts, { vocabularySize, threadCount: Number(options.threads) });
const trainSeconds = (performance.now() - startedAt) / 1_000;
console.log(
  `train   ${trainSeconds.toFixed(1)} s, ${(bytes / 1e6 / trainSeconds).toFixed(1)} MB/s with ${options.threads} counting threads, ${tokenizer.merges.length} merges, peak ${megabytes(process.resourceUsage().maxRSS * 1_024)} MB`,
);

// Other documents than those trained on, so that the cache of pieces is not already full of them.
const unseen =
  options.file === undefined ? [...new JapaneseText('bench').documents(20e6)].slice(-8_000) : texts.slice(-8_000);
const rounds: number[] = [];
let tokens = 0;
const unseenBytes = unseen.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
for (let round = 0; round < 3; round += 1) {
  const fresh = (await import('@kiban/corpus')).tokenizerFromJson(json);
  tokens = 0;
  const before = process.cpuUsage();
  for (const text of unseen) tokens += fresh.encode(text).length;
  const used = process.cpuUsage(before);
  rounds.push(unseenBytes / (used.user + used.system));
}
const encoding = Math.max(...rounds);
console.log(
  `encode  ${encoding.toFixed(1)} MB/s per core (best of ${rounds.map((rate) => rate.toFixed(1)).join(', ')}; each with an empty cache), ${megabytes(unseenBytes)} MB to ${tokens} tokens`,
);
comparePython();
if (trainSeconds > Number(options['most-seconds']) || encoding < Number(options['least-encoding']))
  process.exitCode = 1;

function comparePython(): void {
  const { python } = options;
  if (spawnSync(python, ['-c', 'import tokenizers']).status !== 0) {
    console.log(`Hugging Face tokenizers: not compared, ${python} has no module tokenizers`);
    return;
  }
  const directory = mkdtempSync(join(os.tmpdir(), 'kiban-bpe-'));
  try {
    const cutting = performance.now();
    const [words, encode, ours] = ['words.txt', 'encode.txt', 'tokenizer.json'].map((name) => join(directory, name));
    // Line ends would part the words of Python's line reader: it reads documents a line at a time.
    const lines = texts.map((text) =>
      cutForTraining(text)
        .join('\u241f')
        .replaceAll(/[\r\n]/g, '\u241f'),
    );
    writeFileSync(words!, lines.join('\n'));
    writeFileSync(encode!, unseen.join('\u241e'));
    writeFileSync(ours!, json);
    console.log(
      `(cutting the same words for Python took ${((performance.now() - cutting) / 1_000).toFixed(1)} s, not counted)`,
    );
    const script = new URL('./hugging_face_bpe.py', import.meta.url).pathname;
    const run = spawnSync(python, [script, words!, String(vocabularySize - 32), encode!, ours!], { encoding: 'utf8' });
    if (run.status !== 0) {
      console.log(`Hugging Face tokenizers failed: ${run.stderr.trim().split('\n').at(-1)}`);
      return;
    }
    const result = JSON.parse(run.stdout) as { trainSeconds: number; encodeSeconds: number; encodedTokens: number };
    console.log(
      `Hugging Face tokenizers (Rust, words cut already, all cores): train ${result.trainSeconds.toFixed(1)} s; encode ${(unseenBytes / 1e6 / result.encodeSeconds).toFixed(1)} MB/s of processor time, ${result.encodedTokens} tokens`,
    );
    if (result.encodedTokens !== tokens) {
      console.log('the numbers of tokens differ');
      process.exitCode = 1;
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
