// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readTexts, trainTokenizer } from '@kiban/corpus';
import { writeSyntheticCorpus } from './synthetic-corpus.ts';

// MB/s and peak memory from files to token shards. Example: npx node bench/corpus/pipeline.ts --megabytes 200 --workers 1,2

const { values: options } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '200' },
    workers: { type: 'string', default: '1,2' },
    vocabulary: { type: 'string', default: '8192' },
    /** MiB of resident memory that no run may pass. */
    'most-memory': { type: 'string', default: '1024' },
    /** Where corpus, store and shards lie: about twice the corpus. */
    directory: { type: 'string', default: os.tmpdir() },
  },
});

interface Run {
  readonly prepareMs: number;
  readonly packMs: number;
  readonly preparePeak: number;
  readonly peak: number;
  readonly processorMs: number;
  readonly documents: number;
  readonly duplicates: number;
  readonly tokens: number;
  readonly shard: string;
}

const measured = fileURLToPath(new URL('pipeline-process.ts', import.meta.url));
const directory = mkdtempSync(join(options.directory, 'kiban-bench-corpus-'));
try {
  console.log(
    `${os.cpus()[0]?.model ?? 'unknown'} x${os.cpus().length}, load ${os.loadavg()[0]!.toFixed(2)}, Node ${process.version}`,
  );
  const folder = join(directory, 'documents');
  const bytes = writeSyntheticCorpus(folder, Number(options.megabytes));
  const sample = join(directory, 'sample');
  writeSyntheticCorpus(sample, 2, 'sample');
  const { json } = await trainTokenizer(readTexts(sample), { vocabularySize: Number(options.vocabulary) });
  const tokenizerPath = join(directory, 'tokenizer.json');
  writeFileSync(tokenizerPath, json);
  const runs: (Run & { readonly workers: number })[] = [];
  for (const workers of options.workers.split(',').map(Number)) {
    const work = join(directory, `run-${workers}`);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', measured, folder, work, tokenizerPath, String(workers)],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`a run ended with ${status}\n${stderr}`);
    runs.push({ workers, ...(JSON.parse(stdout) as Run) });
    rmSync(work, { recursive: true, force: true });
  }
  const megabytesPerSecond = (milliseconds: number) => Number((bytes / 1e3 / milliseconds).toFixed(1));
  console.log(`${(bytes / 1e6).toFixed(0)} MB, ${runs[0]!.documents} documents, ${runs[0]!.tokens} tokens`);
  console.table(
    runs.map((run) => ({
      workers: run.workers,
      'prepare MB/s': megabytesPerSecond(run.prepareMs),
      'pack MB/s': megabytesPerSecond(run.packMs),
      'both MB/s': megabytesPerSecond(run.prepareMs + run.packMs),
      // What other load leaves of the figures above.
      'MB per CPU second': megabytesPerSecond(run.processorMs),
      'prepare peak MiB': Math.round(run.preparePeak / 2 ** 20),
      'peak MiB': Math.round(run.peak / 2 ** 20),
    })),
  );
  const [first, ...others] = runs;
  for (const other of others)
    console.log(
      `preparing with ${other.workers} workers against ${first!.workers}: ${(first!.prepareMs / other.prepareMs).toFixed(2)} times as fast`,
    );
  const most = Number(options['most-memory']) * 2 ** 20;
  if (runs.some((run) => run.peak > most)) {
    console.log(`MISSED: a run took more than ${options['most-memory']} MiB`);
    process.exitCode = 1;
  }
  if (runs.some((run) => run.shard !== first!.shard)) {
    console.log('MISSED: the shards differ from run to run');
    process.exitCode = 1;
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
