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

/** What is gathered before it is written: a write for every chunk of the socket costs more than the bytes. */
const gatheredBytes = 1 << 20;

/** A sender that is silent this long is given up, so that it holds no place; it may send again. */
const longestSilenceMs = 60_000;

/**
 * Writes a body into a temporary file as it arrives, and makes it durable there. Memory: two MiB, one that is gathered and one that is being written.
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
  const writer = new GatheringWriter(file);
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
      await writer.write(chunk);
      onBytes(chunk.length);
    }
    if (received !== body.byteLength)
      throw problems.shardRefused(`${received} bytes instead of the ${body.byteLength} announced`, 422);
    if (hash.digest('hex') !== body.sha256) throw problems.shardCorrupted();
    await writer.flush();
    await file.datasync();
    await file.close();
    return path;
  } catch (error) {
    await writer.settled();
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

/** Writes in large pieces, one after the other, while the next piece is gathered. */
class GatheringWriter {
  readonly #file: FileHandle;
  #pieces: Uint8Array[] = [];
  #gathered = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#pieces.push(chunk);
    this.#gathered += chunk.length;
    if (this.#gathered >= gatheredBytes) await this.#startWriting();
  }

  async flush(): Promise<void> {
    await this.#startWriting();
    await this.#writing;
  }

  /** After a fault: nothing uses the file any more. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #startWriting(): Promise<void> {
    await this.#writing;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#gathered = 0;
    this.#writing = writeAll(this.#file, pieces);
    // Awaited with the next piece; until then a fault is nobody's unhandled one.
    this.#writing.catch(() => undefined);
  }
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  if (pieces.length === 0) return;
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const { bytesWritten } = await file.writev(pieces);
  if (bytesWritten < total) {
    const rest = Buffer.concat(pieces).subarray(bytesWritten);
    for (let done = 0; done < rest.length; ) done += (await file.write(rest, done)).bytesWritten;
  }
  for (const piece of pieces) freeMemory(piece);
}

/** Gives a chunk's memory back at once: left to the collector, gigabytes of chunks make it mark the whole heap again and again. */
function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
