// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '@kiban/core';
import { createOnnxTrainer } from '@kiban/engine-onnx';
import { writeSafetensors } from '@kiban/tensor';
import { adamwSchema, flatLayout, initialWeights, type ModelPreset, presetConfig } from '@kiban/training';

// Tokens per second and peak memory of the embedded trainer. Example: node bench/trainer.ts --batch 8 --sequence 128 --vocabulary 1024

const { values: options } = parseArgs({
  options: {
    presets: { type: 'string', default: 'tiny,small' },
    threads: { type: 'string', default: '1,2' },
    batch: { type: 'string', default: '8' },
    sequence: { type: 'string', default: '128' },
    vocabulary: { type: 'string', default: '1024' },
    /** Sessions that train at the same time. */
    processes: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '4' },
  },
});
const [batchSize, sequenceLength, vocabularySize, processCount, seconds] = [
  Number(options.batch),
  Number(options.sequence),
  Number(options.vocabulary),
  Number(options.processes),
  Number(options.seconds),
];
const warmupSteps = 3;
const directory = mkdtempSync(join(os.tmpdir(), 'kiban-bench-'));

try {
  console.log(
    `${os.cpus()[0]?.model ?? 'unknown'} x${os.cpus().length}, load ${os.loadavg()[0]!.toFixed(2)}, Node ${process.version}`,
  );
  console.log(
    `batch ${batchSize}, sequence ${sequenceLength}, vocabulary ${vocabularySize}, processes ${processCount}`,
  );
  const shard = makeShard();
  const table: Record<string, string | number>[] = [];
  for (const preset of options.presets.split(',') as ModelPreset[]) {
    const weights = await makeWeights(preset);
    for (const threadCount of options.threads.split(',').map(Number)) {
      const all = await Promise.all(
        Array.from({ length: processCount }, () => measure(preset, threadCount, weights, shard)),
      );
      const total = all.reduce((sum, { tokensPerSecond }) => sum + tokensPerSecond, 0);
      table.push({
        preset,
        parameters: `${(flatLayout(config(preset)).length / 1e6).toFixed(2)}M`,
        threads: threadCount,
        'tokens/s': Math.round(total),
        'per process': Math.round(total / processCount),
        // What a busy machine leaves of the figure.
        'per CPU second': Math.round(all.reduce((sum, one) => sum + one.tokensPerProcessorSecond, 0) / processCount),
        'ms/step': Number(((batchSize * sequenceLength * 1e3 * processCount) / total).toFixed(1)),
        'peak MB': Math.max(...all.map(({ peakBytes }) => Math.round(peakBytes / 1e6))),
        'open ms': Math.round(Math.max(...all.map(({ openMs }) => openMs))),
      });
    }
  }
  console.table(table);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function config(preset: ModelPreset) {
  return presetConfig(preset, vocabularySize, sequenceLength);
}

async function makeWeights(preset: ModelPreset): Promise<string> {
  const path = join(directory, `${preset}.safetensors`);
  const tensors = [...initialWeights(config(preset), 'bench')].map(({ tensor: { name, shape }, data }) => ({
    name,
    dtype: 'F32' as const,
    shape,
    data: () => data,
  }));
  await writeSafetensors(path, tensors);
  return path;
}

function makeShard(): string {
  const path = join(directory, 'tokens.bin');
  const random = new SeededRandom('bench');
  const count = 256;
  writeFileSync(
    path,
    Uint16Array.from({ length: count * (sequenceLength + 1) }, () => random.between(1, vocabularySize - 1)),
  );
  writeFileSync(
    join(directory, 'tokens.idx.json'),
    JSON.stringify({ sequenceLength, count, vocabularySize, tokenBytes: 2, textBytes: 0 }),
  );
  return path;
}

async function measure(preset: ModelPreset, threadCount: number, weights: string, shard: string) {
  let pid = 0;
  const onStarted = (started: number) => {
    pid = started;
  };
  const opening = performance.now();
  await using session = await createOnnxTrainer({ onStarted }).open({
    kind: 'federated',
    model: config(preset),
    adamw: adamwSchema.parse({}),
    batchSize,
    sequenceLength,
    threadCount,
    workDirectory: directory,
  });
  await session.load(weights);
  const openMs = performance.now() - opening;
  const stop = new AbortController();
  let startedAt = 0;
  let steps = 0;
  let elapsedMs = 1;
  let processorAtStart = 0;
  let processorUsed = 0;
  await session.run(
    {
      firstStep: 0,
      stepCount: 1_000_000,
      schedule: { peak: 1e-3, warmupSteps: 10, totalSteps: 1_000_000, finalFraction: 0.1 },
      seed: 'bench',
      sources: [{ path: shard, weight: 1 }],
    },
    {
      signal: stop.signal,
      onProgress: ({ step }) => {
        if (step === warmupSteps) {
          startedAt = performance.now();
          processorAtStart = processorSeconds(pid);
        }
        if (step <= warmupSteps || stop.signal.aborted) return;
        steps = step - warmupSteps;
        elapsedMs = performance.now() - startedAt;
        processorUsed = processorSeconds(pid) - processorAtStart;
        if (elapsedMs >= seconds * 1_000) stop.abort();
      },
    },
  );
  const tokens = steps * batchSize * sequenceLength;
  return {
    tokensPerSecond: (tokens * 1e3) / elapsedMs,
    tokensPerProcessorSecond: processorUsed === 0 ? 0 : tokens / processorUsed,
    openMs,
    peakBytes: peakMemory(pid),
  };
}

/** Highest resident size of a process, from Linux's /proc; 0 elsewhere. */
function peakMemory(pid: number): number {
  const path = `/proc/${pid}/status`;
  const kilobytes = existsSync(path) ? /VmHWM:\s+(\d+)/.exec(readFileSync(path, 'utf8'))?.[1] : undefined;
  return Number(kilobytes ?? 0) * 1_024;
}

/** User and system time of a process (fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms); 0 elsewhere. */
function processorSeconds(pid: number): number {
  const path = `/proc/${pid}/stat`;
  const fields = existsSync(path)
    ? readFileSync(path, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
    : [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}
