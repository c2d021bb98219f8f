// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import type { Sha256Digest } from '@kiban/core';
import { type AggregationPlan, applyMaskStreams, type MaskStream } from '@kiban/secagg';
import { addWords } from '@kiban/tensor';

export interface SummingTask {
  readonly plan: AggregationPlan;
  /** For each survivor its shard files in order. */
  readonly shardPaths: readonly (readonly string[])[];
  readonly streams: readonly MaskStream[];
  readonly sumPath: string;
}

/** Block in bytes: stays in cache while every survivor's words and every stream pass over it. */
const blockBytes = 1 << 20;

/**
 * Adds the survivors' masked words, removes the opened streams and writes the plain sum: one block at a time, so memory depends on
 * neither members nor model size. Runs in a worker thread; see `shard-summing-worker.ts`.
 */
export function sumShards(task: SummingTask): Sha256Digest {
  const bytesPerWord = task.plan.bits / 8;
  const totalBytes = task.plan.wordCount * bytesPerWord;
  const temporary = `${task.sumPath}.tmp`;
  const output = openSync(temporary, 'w');
  const hash = createHash('sha256');
  try {
    const sum = Buffer.alloc(blockBytes);
    const incoming = Buffer.alloc(blockBytes);
    for (let start = 0; start < totalBytes; start += blockBytes) {
      const length = Math.min(blockBytes, totalBytes - start);
      const total = wordsOf(task.plan.bits, sum, length);
      total.fill(0);
      for (const paths of task.shardPaths) {
        readAcross(paths, task.plan.shardBytes, start, incoming.subarray(0, length));
        addWords(total, wordsOf(task.plan.bits, incoming, length));
      }
      applyMaskStreams({ bits: task.plan.bits, streams: task.streams, words: total, wordOffset: start / bytesPerWord });
      const done = sum.subarray(0, length);
      hash.update(done);
      writeSync(output, done);
    }
    fdatasyncSync(output);
  } finally {
    closeSync(output);
  }
  renameSync(temporary, task.sumPath);
  return hash.digest('hex') as Sha256Digest;
}

function readAcross(paths: readonly string[], shardBytes: number, start: number, target: Buffer): void {
  let done = 0;
  while (done < target.length) {
    const position = start + done;
    const path = paths[Math.floor(position / shardBytes)];
    if (path === undefined) throw new RangeError('a survivor has fewer shards than the plan');
    const within = position % shardBytes;
    const want = Math.min(target.length - done, shardBytes - within);
    const file = openSync(path, 'r');
    try {
      let got = 0;
      while (got < want) {
        const read = readSync(file, target, done + got, want - got, within + got);
        if (read === 0) throw new RangeError('a shard is shorter than the plan');
        got += read;
      }
    } finally {
      closeSync(file);
    }
    done += want;
  }
}

function wordsOf(bits: 8 | 16 | 32, buffer: Buffer, byteLength: number): Uint8Array | Uint16Array | Uint32Array {
  const bytes = buffer.subarray(0, byteLength);
  if (bits === 8) return bytes;
  return bits === 16
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, byteLength / 2)
    : new Uint32Array(bytes.buffer, bytes.byteOffset, byteLength / 4);
}
