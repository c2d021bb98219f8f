// SPDX-License-Identifier: Apache-2.0
// What quality labels and fingerprints cost per byte of text, beside copying and NFKC, all in one run. node bench/corpus/quality.ts; ends with 1
// when a threshold is missed.
import { deflateSync } from 'node:zlib';
import { documentFingerprint, judge, kibanQuality1, labelText } from '@kiban/corpus';
import { dedupShadow } from '@kiban/japanese';
import { plainRepetition } from '../../packages/corpus/src/quality/repetition.ts';
import { windowRepetition } from '../../packages/corpus/src/quality/repetition-kernel.ts';
import { textShape } from '../../packages/corpus/src/quality/text-shape.ts';
import { memcpyRate, printMachine, printRates, processorRate } from './processor-rates.ts';
import { sampleMixtures } from './sample-mixtures.ts';

const { texts, bytes } = await sampleMixtures();
const each = (work: (text: string) => void) => () => {
  for (const text of texts) work(text);
};
const memcpy = memcpyRate();
const nfkc = processorRate(
  'NFKC',
  bytes,
  each((text) => text.normalize('NFKC')),
);
const windows = texts.map((text) =>
  Uint32Array.from(text.slice(0, 4_000), (character) => character.codePointAt(0)!).slice(0, 4_000),
);
const windowBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text.slice(0, 4_000)), 0);
const few = windows.slice(0, 12);
const fewBytes = texts.slice(0, 12).reduce((sum, text) => sum + Buffer.byteLength(text.slice(0, 4_000)), 0);
const buffers = texts.map((text) => Buffer.from(text.slice(0, 4_000)));
const kernel = processorRate(
  'n-gram repetition, WebAssembly',
  windowBytes,
  () => void windows.forEach(windowRepetition),
  20,
);
const plain = processorRate('n-gram repetition, plain TypeScript', fewBytes, () => {
  for (const window of few) plainRepetition(window);
});
const rates = [
  memcpy,
  nfkc,
  processorRate('dedup shadow', bytes, each(dedupShadow)),
  processorRate('characters, lines, sentences', bytes, each(textShape)),
  kernel,
  plain,
  processorRate('zlib level 9 by window', windowBytes, () => {
    for (const buffer of buffers) deflateSync(buffer, { level: 9 });
  }),
  processorRate(
    'labels and verdict, log',
    bytes,
    each((text) => judge(labelText(text, 'log'), kibanQuality1)),
  ),
  processorRate(
    'labels and verdict, document',
    bytes,
    each((text) => judge(labelText(text, 'document'), kibanQuality1)),
  ),
  processorRate('fingerprint (digests, paragraphs, MinHash)', bytes, each(documentFingerprint)),
  processorRate(
    'labels, verdict and fingerprint, document',
    bytes,
    each((text) => {
      judge(labelText(text, 'document'), kibanQuality1);
      documentFingerprint(text);
    }),
    10,
  ),
];
printMachine();
console.log(
  `one thread, processor time, best parts; ${texts.length} synthetic documents, ${(bytes / 1e6).toFixed(1)} MB of UTF-8\n`,
);
printRates(rates, memcpy.megabytesPerSecond, nfkc.megabytesPerSecond);
console.log(
  `\nWebAssembly is ${(kernel.megabytesPerSecond / plain.megabytesPerSecond).toFixed(1)} times the plain twin (maps of strings)`,
);
console.log(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
