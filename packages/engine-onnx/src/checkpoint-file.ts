// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type Sha256Digest, writeFileDurably } from '@kiban/core';
import { trainerProblem } from './trainer-problems.ts';

const headerBytes = 128;
const chunkBytes = 4 << 20;

export interface CheckpointContent {
  readonly layoutDigest: Sha256Digest;
  /** Optimiser steps taken since the moments were last reset. */
  readonly adamSteps: number;
  /** Weights, first and second moments, anchor. */
  readonly vectors: readonly Float32Array[];
}

/** Header (JSON, padded to 128 bytes), vectors in little-endian float32, SHA-256 over all before it. */
export async function writeCheckpoint(path: string, content: CheckpointContent): Promise<void> {
  const header = Buffer.alloc(headerBytes, ' ');
  header.write(JSON.stringify({ v: 1, layout: content.layoutDigest, adamSteps: content.adamSteps }), 'utf8');
  await writeFileDurably(path, chunks());

  function* chunks(): Generator<Uint8Array> {
    const hash = createHash('sha256').update(header);
    yield header;
    for (const vector of content.vectors) {
      const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
      for (let start = 0; start < bytes.length; start += chunkBytes) {
        const chunk = bytes.slice(start, start + chunkBytes);
        hash.update(chunk);
        yield chunk;
      }
    }
    yield hash.digest();
  }
}

/** Fills the vectors given. @returns adamSteps. @throws KibanError `bad-checkpoint` for a torn, foreign or damaged file. */
export async function readCheckpoint(
  path: string,
  layoutDigest: Sha256Digest,
  vectors: readonly Float32Array[],
): Promise<number> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw trainerProblem('bad-checkpoint', `${path} cannot be read`, error);
  });
  try {
    const header = Buffer.alloc(headerBytes);
    await file.read(header, 0, headerBytes, 0);
    const parsed = parseHeader(header, path);
    if (parsed.layout !== layoutDigest) throw trainerProblem('bad-checkpoint', `${path} belongs to another model`);
    const expected = headerBytes + vectors.reduce((sum, vector) => sum + vector.byteLength, 0) + 32;
    if ((await file.stat()).size !== expected) throw trainerProblem('bad-checkpoint', `${path} is cut off`);
    const hash = createHash('sha256').update(header);
    let position = headerBytes;
    const chunk = Buffer.alloc(chunkBytes);
    for (const vector of vectors) {
      const target = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
      for (let start = 0; start < target.length; start += chunkBytes) {
        const { bytesRead } = await file.read(chunk, 0, Math.min(chunkBytes, target.length - start), position);
        hash.update(chunk.subarray(0, bytesRead));
        target.set(chunk.subarray(0, bytesRead), start);
        position += bytesRead;
      }
    }
    const digest = Buffer.alloc(32);
    await file.read(digest, 0, 32, position);
    if (!hash.digest().equals(digest)) throw trainerProblem('bad-checkpoint', `${path} is damaged`);
    return parsed.adamSteps;
  } finally {
    await file.close();
  }
}

function parseHeader(header: Buffer, path: string): { layout: string; adamSteps: number } {
  try {
    return JSON.parse(header.toString('utf8').trimEnd()) as { layout: string; adamSteps: number };
  } catch (error) {
    throw trainerProblem('bad-checkpoint', `${path} is not a checkpoint`, error);
  }
}
