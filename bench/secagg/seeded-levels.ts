// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { openKeyStream } from '@kiban/crypto';

/** Values per chunk: what is in memory at once, whatever the size of the model. */
export const chunkValues = 1 << 20;

/** A made-up update that anyone can draw again from its seed: uniform levels within ±`levelLimit`. */
export interface LevelsSource {
  readonly seed: string;
  readonly parameters: number;
  readonly levelLimit: number;
}

/** Chunks of {@link chunkValues} levels in flat order, the last one short. The array is reused. */
export function* seededLevels(source: LevelsSource): Generator<Int8Array> {
  const stream = openKeyStream(createHash('sha256').update(source.seed).digest());
  const chunk = new Int8Array(chunkValues);
  const span = 2 * source.levelLimit + 1;
  for (let from = 0; from < source.parameters; from += chunkValues) {
    const count = Math.min(chunkValues, source.parameters - from);
    const drawn = stream.next(count);
    for (let index = 0; index < count; index += 1) chunk[index] = ((drawn[index]! * span) >> 8) - source.levelLimit;
    yield chunk.subarray(0, count);
  }
}

/** Writes the update as a node keeps it, one signed byte per value. @returns hex SHA-256 of the file */
export function writeSeededLevels(path: string, source: LevelsSource): string {
  const hash = createHash('sha256');
  const file = openSync(`${path}.tmp`, 'w');
  try {
    for (const levels of seededLevels(source)) {
      hash.update(levels);
      writeSync(file, levels);
    }
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.tmp`, path);
  return hash.digest('hex');
}

/**
 * Compares an opened sum with the plain integer sum of the sources, chunk by chunk.
 * @returns the first value that differs, or undefined when all are the same and the file ends where the update does
 */
export function firstWrongSum(sumPath: string, bits: 8 | 16, sources: readonly LevelsSource[]): number | undefined {
  const { parameters } = sources[0]!;
  const streams = sources.map((source) => seededLevels(source));
  const file = openSync(sumPath, 'r');
  try {
    const expected = new Int32Array(chunkValues);
    const bytes = new Uint8Array(chunkValues * (bits / 8));
    for (let from = 0; from < parameters; from += chunkValues) {
      const count = Math.min(chunkValues, parameters - from);
      expected.fill(0);
      for (const stream of streams) {
        const levels = stream.next().value as Int8Array;
        for (let index = 0; index < count; index += 1) expected[index]! += levels[index]!;
      }
      const length = count * (bits / 8);
      if (readSync(file, bytes, 0, length, null) !== length) return from;
      const sum = bits === 8 ? new Int8Array(bytes.buffer, 0, count) : new Int16Array(bytes.buffer, 0, count);
      for (let index = 0; index < count; index += 1) if (sum[index] !== expected[index]) return from + index;
    }
    return readSync(file, bytes, 0, 1, null) === 0 ? undefined : parameters;
  } finally {
    closeSync(file);
  }
}
