// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { RandomSource } from '@kiban/core';
import { generateSigningKey, openKeyStream, type SigningKey } from '@kiban/crypto';

/** Reproducible randomness for tests, by name. */
export function seededBytes(name: string): RandomSource {
  const stream = openKeyStream(createHash('sha256').update(name).digest());
  return { bytes: (length) => new Uint8Array(stream.next(length)) };
}

export function keyFor(name: string): SigningKey {
  return generateSigningKey(seededBytes(`key/${name}`));
}

/** Levels between -limit and limit, both ends included. */
export function levelsFor(name: string, wordCount: number, limit: number): Int8Array {
  const bytes = seededBytes(`levels/${name}`).bytes(wordCount);
  return Int8Array.from(bytes, (byte, index) =>
    index === 0 ? limit : index === 1 ? -limit : (byte % (2 * limit + 1)) - limit,
  );
}
