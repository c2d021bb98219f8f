// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, renameSync, writeSync } from 'node:fs';
import type { Sha256Digest } from '@kiban/core';
import { type AggregationPlan, applyMaskStreams, type MaskStream, wordsOf } from '@kiban/secagg';
import { openRingKernels, type RingKernels, scratchBytes } from '@kiban/tensor';
import { SurvivorWords, sumNextWords } from './survivor-words.ts';

export interface SummingTask {
  readonly plan: AggregationPlan;
  /** For each survivor its shard files in order. */
  readonly shardPaths: readonly (readonly string[])[];
  /** What each of these files must hold. */
  readonly shardDigests: readonly (readonly Sha256Digest[])[];
  readonly streams: readonly MaskStream[];
  readonly sumPath: string;
}

/** Block in bytes: stays in cache while every survivor's words and every stream pass over it. */
export const sumBlockBytes = 1 << 20;

/** Memory for one sum; another sum may use it after that one. */
export function openSummingKernels(): RingKernels {
  return openRingKernels(2 * sumBlockBytes);
}

/**
 * Adds the survivors' masked words, removes the opened streams and writes the plain sum: one block at a time, so memory depends on
 * neither members nor model size. Every shard is held against its digest as it is read, and there is no sum if one differs. Runs in a worker
 * thread; see `shard-summing-worker.ts`.
 * @throws DamagedShard, and what the disk refuses
 */
export function sumShards(task: SummingTask, kernels = openSummingKernels()): Sha256Digest {
  const { plan, streams } = task;
  const bytesPerWord = plan.bits / 8;
  const totalBytes = plan.wordCount * bytesPerWord;
  const survivors = task.shardPaths.map(
    (paths, index) => new SurvivorWords(paths, plan.shardBytes, task.shardDigests[index] ?? []),
  );
  const temporary = `${task.sumPath}.tmp`;
  const output = openSync(temporary, 'w');
  const hash = createHash('sha256');
  try {
    for (let start = 0; start < totalBytes; start += sumBlockBytes) {
      const length = Math.min(sumBlockBytes, totalBytes - start);
      const total = kernels.bytes(scratchBytes, length);
      sumNextWords(survivors, kernels, plan.bits, total, kernels.bytes(scratchBytes + sumBlockBytes, length));
      const words = wordsOf(plan.bits, total);
      applyMaskStreams({ bits: plan.bits, streams, words, wordOffset: start / bytesPerWord, kernels });
      hash.update(total);
      for (let written = 0; written < length; ) written += writeSync(output, total, written);
    }
    for (const survivor of survivors) survivor.finish();
    fdatasyncSync(output);
  } finally {
    closeSync(output);
    for (const survivor of survivors) survivor.close();
  }
  renameSync(temporary, task.sumPath);
  return hash.digest('hex') as Sha256Digest;
}
