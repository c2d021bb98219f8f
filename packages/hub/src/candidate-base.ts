// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256Digest } from '@kiban/core';
import type { BlobStore } from '@kiban/store-blob';
import { openSafetensors } from '@kiban/tensor';
import { applyAveraging, applyOuterStep, type FlatLayout, type OuterStep, scaleBlocks } from '@kiban/training';

export interface CandidateInput {
  readonly layout: FlatLayout;
  readonly base: Sha256Digest;
  /** Velocity of the rounds before, or undefined in the first. */
  readonly velocity: Sha256Digest | undefined;
  readonly scales: Float32Array;
  /** Opened sum: little-endian two's complement words of `bits` bits in flat order. */
  readonly sumPath: string;
  readonly bits: 8 | 16 | 32;
  readonly survivorCount: number;
  /** Undefined: plain averaging (warm-up rounds), the velocity stays. */
  readonly step: OuterStep | undefined;
  /** For temporary files; removed at the end. */
  readonly workDirectory: string;
}

export interface Candidate {
  readonly candidate: Sha256Digest;
  readonly velocity: Sha256Digest | undefined;
  /** Root mean square of the mean update per block. */
  readonly blockRms: Float32Array;
  readonly norm: number;
  readonly finite: boolean;
}

/** Values handled at once; memory does not grow with the model. */
const chunkValues = 1 << 20;

/** Opened sum to candidate base: dequantise, mean over the survivors, outer step; in flat order, bitwise repeatable. */
export async function makeCandidate(input: CandidateInput, blobs: BlobStore): Promise<Candidate> {
  await using base = await openSafetensors(blobs.filePath(input.base));
  const dataOffset = Math.min(...[...base.tensors.values()].map((tensor) => tensor.dataOffset));
  await mkdir(input.workDirectory, { recursive: true });
  const paths = {
    candidate: join(input.workDirectory, 'candidate.tmp'),
    velocity: join(input.workDirectory, 'velocity.tmp'),
  };
  const baseFile = await open(blobs.filePath(input.base), 'r');
  const sumFile = await open(input.sumPath, 'r');
  const oldVelocity = input.velocity === undefined ? undefined : await open(blobs.filePath(input.velocity), 'r');
  const newBase = await open(paths.candidate, 'w');
  const newVelocity = await open(paths.velocity, 'w');
  try {
    const header = new Uint8Array(dataOffset);
    await readFully(baseFile, header, 0);
    await newBase.appendFile(header);
    const blockRms = new Float32Array(input.scales.length);
    const squares = { total: 0 };
    for (const run of blockRuns(input.layout)) {
      const weights = new Float32Array(run.length);
      const velocity = new Float32Array(run.length);
      await readFully(baseFile, weights, dataOffset + run.offset * 4);
      if (oldVelocity !== undefined) await readFully(oldVelocity, velocity, run.offset * 4);
      const mean = await readMean(sumFile, input, run, blockRms, squares);
      if (input.step === undefined) applyAveraging(weights, mean);
      else applyOuterStep(weights, velocity, mean, input.step);
      await newBase.appendFile(bytesOf(weights));
      await newVelocity.appendFile(bytesOf(velocity));
    }
    const candidate = await blobs.put(createReadStream(paths.candidate));
    const keepsVelocity = input.step !== undefined || input.velocity !== undefined;
    const velocity = keepsVelocity ? (await blobs.put(createReadStream(paths.velocity))).digest : undefined;
    return {
      candidate: candidate.digest,
      velocity,
      blockRms,
      norm: Math.sqrt(squares.total),
      finite: Number.isFinite(squares.total),
    };
  } finally {
    for (const file of [baseFile, sumFile, oldVelocity, newBase, newVelocity]) await file?.close();
    await rm(input.workDirectory, { recursive: true, force: true });
  }
}

interface BlockRun {
  /** In values, flat order. */
  readonly offset: number;
  readonly length: number;
  readonly blocks: readonly { readonly offset: number; readonly length: number; readonly index: number }[];
}

/** Consecutive scale blocks, gathered up to about `chunkValues`. */
function* blockRuns(layout: FlatLayout): Generator<BlockRun> {
  let blocks: { offset: number; length: number; index: number }[] = [];
  let length = 0;
  let index = 0;
  for (const block of scaleBlocks(layout)) {
    blocks.push({ ...block, index });
    index += 1;
    length += block.length;
    if (length >= chunkValues) {
      yield { offset: blocks[0]!.offset, length, blocks };
      blocks = [];
      length = 0;
    }
  }
  if (blocks.length > 0) yield { offset: blocks[0]!.offset, length, blocks };
}

async function readMean(
  sumFile: FileHandle,
  input: CandidateInput,
  run: BlockRun,
  blockRms: Float32Array,
  squares: { total: number },
): Promise<Float32Array> {
  const words =
    input.bits === 8
      ? new Int8Array(run.length)
      : input.bits === 16
        ? new Int16Array(run.length)
        : new Int32Array(run.length);
  await readFully(sumFile, words, run.offset * (input.bits / 8));
  const mean = new Float32Array(run.length);
  for (const block of run.blocks) {
    const factor = input.scales[block.index]! / input.survivorCount;
    const from = block.offset - run.offset;
    let blockSquares = 0;
    for (let index = from; index < from + block.length; index += 1) {
      const value = Math.fround(words[index]! * factor);
      mean[index] = value;
      blockSquares += value * value;
    }
    blockRms[block.index] = Math.sqrt(blockSquares / block.length);
    squares.total += blockSquares;
  }
  return mean;
}

async function readFully(file: FileHandle, target: ArrayBufferView, position: number): Promise<void> {
  const bytes = bytesOf(target);
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw new RangeError('a file of the round is shorter than the model');
    done += bytesRead;
  }
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
}
