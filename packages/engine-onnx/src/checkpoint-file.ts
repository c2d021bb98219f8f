// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type Sha256Digest, writeFileDurably } from '@kiban/core';
import * as z from 'zod';
import { trainerProblem } from './trainer-problems.ts';

const headerBytes = 256;
const digestBytes = 32;
const chunkBytes = 4 << 20;

const headerSchema = z.strictObject({
  version: z.literal(1),
  layout: z.string(),
  adamSteps: z.int().min(0),
  nextStep: z.int().min(0).nullable(),
});

export interface CheckpointState {
  readonly layoutDigest: Sha256Digest;
  /** Optimiser steps taken since the moments were last reset. */
  readonly adamSteps: number;
  /** Step of the whole run that comes next; null when none was taken since the weights were loaded. */
  readonly nextStep: number | null;
}

/** Header (JSON, padded with spaces to 256 bytes), vectors in little-endian float32, SHA-256 over all before it. */
export async function writeCheckpoint(
  path: string,
  state: CheckpointState,
  vectors: readonly Float32Array[],
): Promise<void> {
  const header = Buffer.alloc(headerBytes, ' ');
  const { layoutDigest: layout, adamSteps, nextStep } = state;
  header.write(JSON.stringify({ version: 1, layout, adamSteps, nextStep }), 'utf8');
  await writeFileDurably(path, chunks());

  function* chunks(): Generator<Uint8Array> {
    const hash = createHash('sha256').update(header);
    yield header;
    for (const vector of vectors) {
      const bytes = bytesOf(vector);
      for (let start = 0; start < bytes.length; start += chunkBytes) {
        // A copy: neither files nor hashes take views of shared memory.
        const chunk = bytes.slice(start, start + chunkBytes);
        hash.update(chunk);
        yield chunk;
      }
    }
    yield hash.digest();
  }
}

/**
 * Fills the vectors, after the whole file was checked: on an error they are as they were.
 * @throws KibanError `bad-checkpoint` for a torn, foreign or damaged file.
 */
export async function readCheckpoint(
  path: string,
  layoutDigest: Sha256Digest,
  vectors: readonly Float32Array[],
): Promise<CheckpointState> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw bad(path, 'を読めません', 'cannot be read', error);
  });
  try {
    const header = Buffer.alloc(headerBytes);
    await file.read(header, 0, headerBytes, 0);
    const { layout, adamSteps, nextStep } = parseHeader(header, path);
    if (layout !== layoutDigest) throw bad(path, 'は別のモデルのものです', 'belongs to another model');
    const end = headerBytes + vectors.reduce((sum, vector) => sum + vector.byteLength, 0);
    if ((await file.stat()).size !== end + digestBytes) throw bad(path, 'は途中で切れています', 'is cut off');
    const hash = createHash('sha256').update(header);
    await readChunks(file, headerBytes, end, (chunk) => hash.update(chunk));
    await requireDigest(file, end, hash, path);
    let position = headerBytes;
    for (const vector of vectors) {
      const target = bytesOf(vector);
      await readChunks(file, position, position + target.length, (chunk, offset) => target.set(chunk, offset));
      position += target.length;
    }
    return { layoutDigest, adamSteps, nextStep };
  } finally {
    await file.close();
  }
}

async function readChunks(
  file: FileHandle,
  start: number,
  end: number,
  use: (chunk: Buffer, offset: number) => void,
): Promise<void> {
  const buffer = Buffer.alloc(Math.min(chunkBytes, end - start));
  for (let position = start; position < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - position), position);
    if (bytesRead === 0) throw new Error('the checkpoint shrank while it was read');
    use(buffer.subarray(0, bytesRead), position - start);
    position += bytesRead;
  }
}

async function requireDigest(file: FileHandle, position: number, hash: Hash, path: string): Promise<void> {
  const digest = Buffer.alloc(digestBytes);
  await file.read(digest, 0, digestBytes, position);
  if (!hash.digest().equals(digest)) throw bad(path, 'は壊れています', 'is damaged');
}

function parseHeader(header: Buffer, path: string): z.output<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(header.toString('utf8')));
  } catch (error) {
    throw bad(path, 'は学習のチェックポイントではありません', 'is not a training checkpoint', error);
  }
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

function bad(path: string, ja: string, en: string, cause?: unknown) {
  return trainerProblem('bad-checkpoint', { ja: `${path} ${ja}。`, en: `${path} ${en}.` }, cause);
}
