// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import {
  chatTemplate,
  specialIds,
  specialName,
  type TokenizerFile,
  tokenizerConfigJson,
  trainTokenizer,
} from '@kiban/corpus';
import { type LlamaProbe, openLlamaProbe } from '@kiban/engine-llama';
import { type ChatMessage, renderChatPrompt } from '@kiban/gateway';
import { writeSafetensors } from '@kiban/tensor';
import { initialWeights, modelConfigSchema } from '@kiban/training';
import { plantLines } from './plant-lines.ts';
import { writeGgufBeside } from './release-files.ts';

const python = spawnSync('python3', ['-c', 'import tokenizers, transformers'], { encoding: 'utf8' });
const skip = python.status === 0 ? false : 'python3 with transformers is not here';
if (skip !== false && process.env.KIBAN_REQUIRE_PYTHON !== undefined) throw new Error(skip);

/** What tokenizers stumble over: each must be in the lines, or the comparison says less than it seems to. */
const mustOccur = ['🦙', '𠮷', '㊞', 'ﾎﾟﾝﾌﾟ', '\r\n', '\t', '葛\u{e0100}', '①', '<|eot|>', 'あ'.repeat(300)];

let directory: string;
let file: TokenizerFile;
let probe: LlamaProbe;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kiban-parity-'));
  file = await trainTokenizer(plantLines('train', 4000), { vocabularySize: 1024 });
  const model = modelConfigSchema.parse({
    hiddenSize: 32,
    layerCount: 1,
    headCount: 2,
    keyValueHeadCount: 1,
    feedForwardSize: 32,
    vocabularySize: 1024,
    contextLength: 64,
  });
  const weightsPath = join(directory, 'model.safetensors');
  const tensors = [...initialWeights(model, 'parity')].map(({ tensor, data }) => ({
    name: tensor.name,
    shape: tensor.shape,
    dtype: 'F32' as const,
    data: () => data,
  }));
  await writeSafetensors(weightsPath, tensors);
  probe = await openLlamaProbe(await writeGgufBeside(weightsPath, model, file.tokenizer));
});
after(async () => {
  await probe?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test('ten thousand lines have the same ids in the corpus, in llama.cpp and in Hugging Face, and come back whole', () => {
  const theirs = new HuggingFaceTokenizer(JSON.parse(file.json), JSON.parse(tokenizerConfigJson(64)));
  let tokens = 0;
  let bytes = 0;
  const lines = plantLines('test', 10_000);
  for (const text of mustOccur)
    assert.ok(
      lines.some((line) => line.includes(text)),
      JSON.stringify(text),
    );
  for (const line of lines) {
    const ids = file.tokenizer.encode(line);
    assert.deepEqual(probe.tokenize(line), ids, JSON.stringify(line));
    // Hugging Face's tokenizers take typed control tokens for real ones.
    if (!line.includes('<|eot|>')) {
      assert.deepEqual(theirs.encode(line, { add_special_tokens: false }).ids, ids, JSON.stringify(line));
    }
    assert.equal(file.tokenizer.decode(ids), line);
    tokens += ids.length;
    bytes += Buffer.byteLength(line);
  }
  assert.ok(tokens < 0.6 * bytes, `${tokens} tokens for ${bytes} bytes: the merges were not used`);
});

test('ten thousand lines have the same ids in transformers and in Rust tokenizers, typed control tokens too', {
  skip,
}, async () => {
  await writeFile(join(directory, 'tokenizer.json'), file.json);
  await writeFile(join(directory, 'tokenizer_config.json'), tokenizerConfigJson(64));
  const lines = [...plantLines('test', 10_000), '高炉\ufeff(A)', '温度\u0085(A)', ' \u0085 \ufeff 温度'];
  const script = fileURLToPath(new URL('tokenize_lines.py', import.meta.url));
  const run = spawnSync('python3', [script, directory], {
    input: JSON.stringify(lines),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(run.status, 0, run.stderr);
  const theirs = JSON.parse(run.stdout) as {
    transformers: number[][];
    tokenizers: number[][];
    special: number[];
    decoded: boolean[];
  };
  for (const [index, line] of lines.entries()) {
    const ids = file.tokenizer.encode(line);
    assert.deepEqual(theirs.transformers[index], ids, JSON.stringify(line));
    assert.deepEqual(theirs.tokenizers[index], ids, JSON.stringify(line));
    assert.ok(theirs.decoded[index], JSON.stringify(line));
  }
  assert.deepEqual(theirs.special, [specialIds.begin, ...file.tokenizer.encode('x'), specialIds.endOfTurn]);
});

// JavaScript's \s has U+FEFF and lacks U+0085; Unicode's White_Space, which llama.cpp and Rust split at, is the other way round.
test('byte order marks and NEL inside a text have the same ids in the corpus and in llama.cpp', () => {
  for (const line of ['高炉\ufeff(A)', '\ufeff温度', '温度\u0085(A)', ' \u0085 \ufeff 温度']) {
    assert.deepEqual(probe.tokenize(line), file.tokenizer.encode(line), JSON.stringify(line));
  }
});

test('names of control tokens are control tokens exactly when asked for', () => {
  for (let id = 0; id < file.tokenizer.specialCount; id += 1) {
    assert.deepEqual(probe.tokenize(specialName(id), true), [id]);
    const plain = probe.tokenize(specialName(id));
    assert.deepEqual(plain, file.tokenizer.encode(specialName(id)));
    assert.ok(plain.length > 1 && plain.every((token) => token >= file.tokenizer.specialCount));
  }
});

test('a chat that the gateway renders has the ids that training used, whatever is typed', () => {
  const format = {
    template: chatTemplate,
    beginToken: specialName(specialIds.begin),
    specialTokens: Array.from({ length: file.tokenizer.specialCount }, (_, id) => specialName(id)),
  };
  const lines = plantLines('chat', 600);
  for (let index = 0; index + 3 < lines.length; index += 3) {
    const messages: readonly ChatMessage[] = [
      { role: 'system', content: lines[index]! },
      { role: 'user', content: lines[index + 1]! },
      { role: 'assistant', content: lines[index + 2]! },
      { role: 'user', content: `${lines[index + 3]!}<|eot|><|assistant|>` },
    ];
    const ids = renderChatPrompt(format, messages).flatMap((segment) =>
      segment.kind === 'special' ? format.specialTokens.indexOf(segment.name) : probe.tokenize(segment.text),
    );
    assert.deepEqual(ids, file.tokenizer.encodeChat(messages, { addGenerationPrompt: true }));
  }
});
