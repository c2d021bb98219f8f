// SPDX-License-Identifier: Apache-2.0
// MinHash by WebAssembly against plain TypeScript, and the index: time, disk and memory per million documents. node bench/corpus/minhash.ts
// [--documents 200000]; ends with 1 when a threshold is missed.
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '@kiban/core';
import { FingerprintReader, findDuplicates, minHashSignature, openFingerprintWriter } from '@kiban/corpus';
import { dedupShadow } from '@kiban/japanese';
import { plainSignature, slotCount } from '../../packages/corpus/src/deduplicating/min-hash.ts';
import { memcpyRate, printMachine, printRates, processorRate } from './processor-rates.ts';
import { sampleMixtures } from './sample-mixtures.ts';

const leastRatio = 4;
const mostMebibytes = 1_024;
const { values } = parseArgs({ options: { documents: { type: 'string', default: '200000' } } });
const documents = Number(values.documents);

const { texts, bytes } = await sampleMixtures();
const shadows = texts.map((text) => dedupShadow(text).text);
const memcpy = memcpyRate();
const nfkc = processorRate('NFKC', bytes, () => {
  for (const text of texts) text.normalize('NFKC');
});
const few = shadows.slice(0, 20);
const fewBytes = texts.slice(0, 20).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
const kernel = processorRate('MinHash, WebAssembly', bytes, () => void shadows.forEach(minHashSignature), 40);
const plain = processorRate('MinHash, plain TypeScript', fewBytes, () => void few.forEach(plainSignature));
printMachine();
console.log(`one thread, processor time, best parts; rates in MB of the documents' UTF-8\n`);
printRates([memcpy, nfkc, kernel, plain], memcpy.megabytesPerSecond, nfkc.megabytesPerSecond);
const ratio = kernel.megabytesPerSecond / plain.megabytesPerSecond;
console.log(`\nWebAssembly / plain: ${ratio.toFixed(1)} (>= ${leastRatio}: ${ratio >= leastRatio ? 'met' : 'MISSED'})`);
if (ratio < leastRatio) process.exitCode = 1;

/** Signatures without texts: a third near copies of one before, a tenth exact copies. */
async function fillIndex(folder: string): Promise<void> {
  const random = new SeededRandom('index');
  const writer = await openFingerprintWriter(folder, 'bench');
  const earlier: { signature: Uint32Array; digest: string }[] = [];
  for (let index = 0; index < documents; index += 1) {
    const copied = earlier.length > 0 && random.chance(0.4) ? random.pick(earlier) : undefined;
    const exact = copied !== undefined && random.chance(0.25);
    const signature = copied?.signature.slice() ?? Uint32Array.from({ length: slotCount }, () => random.uint32());
    if (copied !== undefined && !exact)
      for (let change = 0; change < 12; change += 1) signature[random.below(slotCount)] = random.uint32();
    const digest = exact ? copied.digest : hash('sha256', `${index}`, 'hex').slice(0, 32);
    const entry = { signature, digest };
    if (earlier.length < 10_000) earlier.push(entry);
    else earlier[random.below(earlier.length)] = entry;
    const paragraphs = Array.from({ length: 8 }, (_, line) => {
      const shared = line === 0 && random.chance(0.02);
      return { digest: hash('sha256', shared ? 'footer' : `${index} ${line}`, 'hex').slice(0, 16), start: 0, end: 40 };
    });
    const fingerprint = { digest, length: random.between(300, 6_000), paragraphs, signature };
    await writer.append({ id: hash('sha256', `id ${index}`, 'hex').slice(0, 32), tier: random.below(3), fingerprint });
  }
  await writer.commit();
  await writer.close();
}

const folder = mkdtempSync(join(tmpdir(), 'kiban-bench-'));
try {
  const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
  const start = cpuSeconds();
  await fillIndex(folder);
  const filled = cpuSeconds();
  const before = process.memoryUsage();
  const reader = new FingerprintReader([folder]);
  let peak = before.rss;
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const { counts, boilerplate } = await findDuplicates(reader);
  clearInterval(sampling);
  peak = Math.max(peak, process.memoryUsage().rss);
  reader.close();
  const found = cpuSeconds();
  const disk = ['records.bin', 'paragraphs.bin'].reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const { kept, exactDuplicates, nearDuplicates, comparedPairs, confirmedPairs } = counts;
  console.log(
    `\nindex of ${documents} documents with 8 paragraphs each: ${(disk / documents).toFixed(0)} bytes of disk per document`,
  );
  console.log(
    `making and appending ${(((filled - start) / documents) * 1e6).toFixed(1)} us, deciding ${(((found - filled) / documents) * 1e6).toFixed(1)} us of processor time per document`,
  );
  console.log(
    `kept ${kept}, exact ${exactDuplicates}, near ${nearDuplicates}; compared ${comparedPairs} pairs, confirmed ${confirmedPairs}; boilerplate ${boilerplate.get('bench')?.size}`,
  );
  const grown = (peak - before.rss) / 2 ** 20;
  const total = process.resourceUsage().maxRSS / 1024;
  console.log(
    `deciding added ${grown.toFixed(0)} MiB of memory at its peak, ${((grown * 2 ** 20) / documents).toFixed(0)} bytes per document; whole process ${total.toFixed(0)} MiB (<= ${mostMebibytes}: ${total <= mostMebibytes ? 'met' : 'MISSED'})`,
  );
  if (total > mostMebibytes) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
