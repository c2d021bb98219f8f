// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareDataSet, prepareFiles, SegmentStore, tokenizerFromJson } from '@kiban/corpus';

// One measured run, in a process of its own so that its peak memory is its own: FOLDER WORK TOKENIZER WORKERS
const [folder, work, tokenizerPath, workers] = process.argv.slice(2) as [string, string, string, string];
const storeDirectory = join(work, 'store');
const workerCount = Number(workers);
const startedAt = performance.now();
await prepareFiles({
  folder,
  store: new SegmentStore(storeDirectory),
  source: 'bench',
  workerCount,
});
const prepareMs = performance.now() - startedAt;
const preparePeak = process.resourceUsage().maxRSS * 1_024;
const packingAt = performance.now();
const report = await prepareDataSet({
  folder,
  source: 'bench',
  tokenizer: tokenizerFromJson(readFileSync(tokenizerPath, 'utf8')),
  sequenceLength: 1_024,
  heldOutPerMille: 5,
  storeDirectory,
  outputDirectory: join(work, 'shards'),
  workerCount,
});
console.log(
  JSON.stringify({
    prepareMs,
    packMs: performance.now() - packingAt,
    preparePeak,
    peak: process.resourceUsage().maxRSS * 1_024,
    processorMs: (process.cpuUsage().user + process.cpuUsage().system) / 1_000,
    documents: report.documents,
    duplicates: report.duplicates,
    tokens: report.tokens,
    shard: report.shards.training.sha256,
  }),
);
