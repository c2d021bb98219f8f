// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KibanError, type Sha256Digest, syncFolder } from '@kiban/core';
import { openRingKernels, quantisingFactor, scratchBytes } from '@kiban/tensor';
import { type FlatLayout, scaleBlocks } from '@kiban/training';
import { openBlockSeeds } from './block-seeds.ts';

export interface QuantiseInput {
  readonly layout: FlatLayout;
  /** Little-endian float32 of anchor - weights. */
  readonly deltaPath: string;
  /** Where the levels go, one signed byte each; whole or not at all. */
  readonly levelsPath: string;
  /** One per block. */
  readonly scales: Float32Array;
  readonly clipNorm: number;
  readonly levelLimit: number;
  /** Known to this node alone: rounding noise follows from it and the instance, so a repeat after a crash gives the same bytes. */
  readonly noiseKey: Uint8Array;
  readonly instance: string;
}

export interface QuantisedUpdate {
  readonly wordsDigest: Sha256Digest;
  /** Of the update before clipping. */
  readonly norm: number;
  readonly clippedCount: number;
}

/** Clip to the norm, quantise block by block with stochastic rounding, write once: retries mask the same file. Memory stays flat. */
export async function quantiseUpdate(input: QuantiseInput): Promise<QuantisedUpdate> {
  const delta = await open(input.deltaPath, 'r');
  const temporary = `${input.levelsPath}.tmp`;
  const output = await open(temporary, 'w');
  try {
    const norm = await euclideanNorm(delta, input.layout);
    if (!Number.isFinite(norm)) throw notFinite();
    const factor = Math.min(1, input.clipNorm / Math.max(norm, 1e-30));
    const hash = createHash('sha256');
    const quantiser = new ChunkQuantiser(input, factor);
    for (const chunk of chunksOf(input.layout)) {
      const values = quantiser.values(chunk.length);
      await readFloats(delta, chunk.offset, values);
      const levels = quantiser.quantise(chunk);
      hash.update(levels);
      await writeAll(output, levels);
    }
    const { clippedCount } = quantiser;
    await output.datasync();
    await output.close();
    await rename(temporary, input.levelsPath);
    await syncFolder(dirname(input.levelsPath));
    return { wordsDigest: hash.digest('hex') as Sha256Digest, norm, clippedCount };
  } catch (error) {
    await output.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await delta.close();
  }
}

/** Values read, quantised and written at once; 1 MiB of float32. */
const chunkValues = 1 << 18;

interface Chunk {
  /** In values, from the start of the whole vector. */
  readonly offset: number;
  readonly length: number;
  readonly firstBlock: number;
  readonly blockLengths: readonly number[];
}

/** Whole blocks that follow one another, as many as a chunk holds. */
function* chunksOf(layout: FlatLayout): Generator<Chunk> {
  let chunk = { offset: 0, length: 0, firstBlock: 0, blockLengths: [] as number[] };
  for (const { offset, length } of scaleBlocks(layout)) {
    if (chunk.length + length > chunkValues) {
      yield chunk;
      chunk = { offset, length: 0, firstBlock: chunk.firstBlock + chunk.blockLengths.length, blockLengths: [] };
    }
    chunk.blockLengths.push(length);
    chunk.length += length;
  }
  if (chunk.length > 0) yield chunk;
}

/** Clips and rounds chunk by chunk, in order, in one memory. */
class ChunkQuantiser {
  readonly #input: QuantiseInput;
  readonly #clipFactor: number;
  readonly #nextSeeds: (blockCount: number) => Uint8Array;
  readonly #kernels = openRingKernels(5 * chunkValues);
  clippedCount = 0;

  constructor(input: QuantiseInput, clipFactor: number) {
    this.#input = input;
    this.#clipFactor = clipFactor;
    this.#nextSeeds = openBlockSeeds(input.noiseKey, input.instance);
  }

  /** Where the values of the next chunk are put. */
  values(length: number): Float32Array<SharedArrayBuffer> {
    return new Float32Array(this.#kernels.memory.buffer, scratchBytes, length);
  }

  /** The chunk's levels as bytes, valid until the next call. @throws KibanError `update-not-finite` */
  quantise(chunk: Chunk): Uint8Array {
    const { scales, levelLimit } = this.#input;
    const seeds = this.#nextSeeds(chunk.blockLengths.length);
    const values = this.values(chunk.length);
    const levels = new Int8Array(this.#kernels.memory.buffer, scratchBytes + 4 * chunkValues, chunk.length);
    if (this.#clipFactor < 1) this.#kernels.scale(values, this.#clipFactor);
    let start = 0;
    for (const [index, length] of chunk.blockLengths.entries()) {
      const block = chunk.firstBlock + index;
      const outcome = this.#kernels.quantise(
        values.subarray(start, start + length),
        quantisingFactor(scales[block] ?? Number.NaN),
        levelLimit,
        seeds.subarray(16 * index, 16 * (index + 1)),
        levels.subarray(start, start + length),
      );
      if (outcome < 0) throw notFinite();
      this.clippedCount += outcome;
      start += length;
    }
    return new Uint8Array(levels.buffer, levels.byteOffset, levels.length);
  }
}

async function euclideanNorm(delta: FileHandle, layout: FlatLayout): Promise<number> {
  let squares = 0;
  const piece = new Float32Array(Math.min(chunkValues, layout.length));
  for (let start = 0; start < layout.length; start += chunkValues) {
    const values = piece.subarray(0, Math.min(chunkValues, layout.length - start));
    await readFloats(delta, start, values);
    for (let index = 0; index < values.length; index += 1) squares += values[index]! * values[index]!;
  }
  return Math.sqrt(squares);
}

async function readFloats(file: FileHandle, offset: number, values: Float32Array): Promise<void> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, offset * 4);
  if (bytesRead !== bytes.length) throw new RangeError('the update is shorter than the model');
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}

function notFinite(): KibanError {
  return new KibanError({
    code: 'update-not-finite',
    status: 422,
    title: { ja: '更新に有限でない値があります', en: 'The update holds values that are not finite' },
    detail: {
      ja: '学習が発散したため、何も送りませんでした。学習率を下げた計画が要ります。',
      en: 'Training diverged, so nothing was sent. The plan needs a lower learning rate.',
    },
  });
}
