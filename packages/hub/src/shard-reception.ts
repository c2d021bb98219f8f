// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { asDiskProblem, type Sha256Digest } from '@kiban/core';
import { problems } from './problems.ts';

/** A shard on its way in. */
export interface ShardBody {
  /** As announced and checked against the plan. */
  readonly byteLength: number;
  /** As signed by the sender. */
  readonly sha256: Sha256Digest;
  readonly stream: Readable;
}

/** A sender that is silent this long is given up, so that it holds no place; it may send again. */
const longestSilenceMs = 60_000;

/**
 * Writes a body into a temporary file as it arrives, and makes it durable there. Memory: one chunk of the socket.
 * @param onBytes called for every chunk
 * @returns path of a file in `folder` that is exactly what was announced; nothing is left behind otherwise
 * @throws KibanError `shard-refused` (422), `shard-corrupted` (422, retryable), `shard-cut-off` (400, retryable), `disk-full`
 */
export async function receiveIntoFile(
  folder: string,
  name: string,
  body: ShardBody,
  onBytes: (count: number) => void,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `.${name}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(path, 'wx');
  const silence = setTimeout(() => body.stream.destroy(new Error('the sender fell silent')), longestSilenceMs);
  try {
    const hash = createHash('sha256');
    let received = 0;
    for await (const chunk of arriving(body.stream)) {
      silence.refresh();
      received += chunk.length;
      if (received > body.byteLength)
        throw problems.shardRefused(`more bytes than the ${body.byteLength} announced`, 422);
      hash.update(chunk);
      await writeAll(file, chunk);
      onBytes(chunk.length);
    }
    if (received !== body.byteLength)
      throw problems.shardRefused(`${received} bytes instead of the ${body.byteLength} announced`, 422);
    if (hash.digest('hex') !== body.sha256) throw problems.shardCorrupted();
    await file.datasync();
    await file.close();
    return path;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true });
    // What is still under way is read and dropped, so that the sender can read the answer.
    body.stream.resume();
    throw asDiskProblem(error, folder);
  } finally {
    clearTimeout(silence);
  }
}

/** Chunks of the body. A connection that breaks is the sender's matter, not a fault of the hub. */
async function* arriving(stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    // The stream stays open when a chunk is refused: the answer goes out on the same connection.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch (cause) {
    throw problems.shardCutOff(cause);
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}
