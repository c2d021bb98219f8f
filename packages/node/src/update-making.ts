// SPDX-License-Identifier: Apache-2.0
import { createHash, createHmac } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KibanError, type Sha256Digest, syncFolder } from '@kiban/core';
import { quantiseBlock, roundingNoise } from '@kiban/tensor';
import { type FlatLayout, scaleBlocks } from '@kiban/training';

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
    let clippedCount = 0;
    let block = 0;
    for (const { offset, length } of scaleBlocks(input.layout)) {
      const values = await readFloats(delta, offset, length);
      if (factor < 1) for (let index = 0; index < length; index += 1) values[index] = values[index]! * factor;
      const seed = createHmac('sha256', input.noiseKey).update(`${input.instance}/${block}`).digest().subarray(0, 16);
      const result = quantiseBlock(values, input.scales[block]!, input.levelLimit, roundingNoise(seed));
      if (!result.ok) throw notFinite();
      const bytes = new Uint8Array(result.block.levels.buffer as ArrayBuffer);
      hash.update(bytes);
      await output.appendFile(bytes);
      clippedCount += result.block.clippedCount;
      block += 1;
    }
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

/** Reads levels of the file that {@link quantiseUpdate} wrote. */
export async function readLevels(path: string, from: number, count: number): Promise<Int8Array> {
  const file = await open(path, 'r');
  try {
    const levels = new Int8Array(count);
    const { bytesRead } = await file.read(new Uint8Array(levels.buffer), 0, count, from);
    if (bytesRead !== count) throw new RangeError('the file of levels is cut off');
    return levels;
  } finally {
    await file.close();
  }
}

async function euclideanNorm(delta: FileHandle, layout: FlatLayout): Promise<number> {
  let squares = 0;
  const chunk = 1 << 18;
  for (let start = 0; start < layout.length; start += chunk)
    for (const value of await readFloats(delta, start, Math.min(chunk, layout.length - start)))
      squares += value * value;
  return Math.sqrt(squares);
}

async function readFloats(file: FileHandle, offset: number, count: number): Promise<Float32Array> {
  const values = new Float32Array(count);
  const bytes = new Uint8Array(values.buffer);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, offset * 4);
  if (bytesRead !== bytes.length) throw new RangeError('the update is shorter than the model');
  return values;
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
