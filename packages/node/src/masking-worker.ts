// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Sealed, type Sha256Digest } from '@kiban/core';
import { type AggregationPlan, type LevelReader, type MaskStream, maskWords } from '@kiban/secagg';
import { type KernelMemory, RingKernels } from '@kiban/tensor';

export interface MaskingWorkerData {
  /** Of the whole pool: slots for masked shards, and a scratch for each worker. */
  readonly memory: KernelMemory;
  readonly scratchOffset: number;
}

export interface MaskingRequest {
  readonly plan: AggregationPlan;
  readonly streams: readonly MaskStream[];
  /** One signed byte per word of the whole vector; of a plan with a limit above 127 four bytes, little-endian. */
  readonly levelsPath: string;
  readonly wordOffset: number;
  readonly wordCount: number;
  /** Where in the memory the masked bytes go. */
  readonly slotOffset: number;
}

export type MaskingAnswer = { readonly sha256: Sha256Digest } | { readonly fault: unknown };

/** Reads, widens, masks and hashes one shard, chunk by chunk, so that its bytes are touched while they are in cache. */
function maskShard(request: MaskingRequest, kernels: RingKernels): Sha256Digest {
  const { plan, streams, wordOffset, wordCount, slotOffset } = request;
  const hash = createHash('sha256');
  const file = openSync(request.levelsPath, 'r');
  try {
    maskWords({
      plan,
      streams: new Sealed(streams),
      levels:
        plan.levelLimit > 127
          ? readWideLevels(file, wordOffset, wordCount)
          : { count: wordCount, read: (target, from) => readLevels(file, target, from) },
      wordOffset,
      kernels,
      into: kernels.bytes(slotOffset, wordCount * (plan.bits / 8)),
      onChunk: (bytes) => hash.update(bytes),
    });
  } finally {
    closeSync(file);
  }
  return hash.digest('hex') as Sha256Digest;
}

/** Counts of one shard: 16 MiB at most. */
function readWideLevels(file: number, wordOffset: number, wordCount: number): Int32Array {
  const levels = new Int32Array(wordCount);
  readLevels(file, new Uint8Array(levels.buffer), 4 * wordOffset);
  return levels;
}

function readLevels(file: number, target: Int8Array | Uint8Array, from: number): void {
  for (let done = 0; done < target.length; ) {
    const read = readSync(file, target, done, target.length - done, from + done);
    if (read === 0) throw new RangeError('the file of levels is cut off');
    done += read;
  }
}

/** A cold thread runs at a third of its speed: some shards of nothing are masked before the first real one comes. */
function warmUp(kernels: RingKernels): void {
  const count = 1 << 20;
  const read: LevelReader = (target) => target.fill(0);
  const streams = new Sealed<MaskStream[]>([{ key: new Uint8Array(32), sign: 1 }]);
  const into = new Uint8Array(2 * count);
  const plan = { bits: 16, wordCount: count, levelLimit: 1 } as AggregationPlan;
  for (let round = 0; round < 2; round += 1) {
    const hash = createHash('sha256');
    const levels = { count, read };
    maskWords({ plan, streams, levels, wordOffset: 0, kernels, into, onChunk: (bytes) => hash.update(bytes) });
  }
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const { memory, scratchOffset } = workerData as MaskingWorkerData;
  const kernels = new RingKernels(memory, scratchOffset);
  warmUp(kernels);
  port.on('message', (request: MaskingRequest) => {
    let answer: MaskingAnswer;
    try {
      answer = { sha256: maskShard(request, kernels) };
    } catch (fault) {
      answer = { fault };
    }
    port.postMessage(answer);
  });
}
