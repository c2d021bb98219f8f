// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { Sha256Digest } from '@kiban/core';
import type { RingBits, RingKernels } from '@kiban/tensor';

/** A spooled shard does not hold the bytes that were acknowledged, and will not by itself. */
export class DamagedShard extends Error {
  override readonly name = 'DamagedShard';
  readonly fault: string;
  readonly path: string;

  constructor(fault: string, path: string, cause?: unknown) {
    super(`${fault}: ${path}`, { cause });
    this.fault = fault;
    this.path = path;
  }
}

/**
 * The masked words of one survivor, read forward across its shard files. A file is opened when its turn comes, once, and closed behind its
 * last byte. What is hashed is what was read into memory to be added: a byte that changed on its way there is found.
 */
export class SurvivorWords {
  readonly #paths: readonly string[];
  readonly #shardBytes: number;
  readonly #digests: readonly Sha256Digest[] | undefined;
  #hash: Hash | undefined;
  #number = -1;
  #file: number | undefined;
  #within = 0;

  /**
   * @param paths all shards in order, each of `shardBytes` bytes but the last
   * @param digests of the shards; without them nothing is checked, which is for measuring alone
   */
  constructor(paths: readonly string[], shardBytes: number, digests?: readonly Sha256Digest[]) {
    this.#paths = paths;
    this.#shardBytes = shardBytes;
    this.#digests = digests;
  }

  /** The next bytes, straight from the file's pages into `target`. @throws DamagedShard also for a shard that ended with these bytes */
  readInto(target: Uint8Array): void {
    let done = 0;
    while (done < target.length) {
      if (this.#file === undefined) this.#openNext();
      const want = Math.min(target.length - done, this.#shardBytes - this.#within);
      const read = this.#read(target, done, want);
      this.#hash?.update(target.subarray(done, done + read));
      done += read;
      this.#within += read;
      if (this.#within === this.#shardBytes) this.#endShard();
    }
  }

  /** After the last word. @throws DamagedShard when the last shard is not what was acknowledged */
  finish(): void {
    if (this.#file !== undefined) this.#endShard();
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #openNext(): void {
    this.#number += 1;
    const path = this.#paths[this.#number];
    if (path === undefined)
      throw new DamagedShard('a survivor has fewer shards than the plan', this.#paths.at(-1) ?? '');
    try {
      this.#file = openSync(path, 'r');
    } catch (cause) {
      if (!isUnreadable(cause)) throw cause;
      throw new DamagedShard('a shard cannot be opened', path, cause);
    }
    this.#hash = this.#digests === undefined ? undefined : createHash('sha256');
    this.#within = 0;
  }

  #read(target: Uint8Array, offset: number, length: number): number {
    const path = this.#paths[this.#number]!;
    let read = 0;
    try {
      read = readSync(this.#file!, target, offset, length, this.#within);
    } catch (cause) {
      if (!isUnreadable(cause)) throw cause;
      throw new DamagedShard('a shard cannot be read', path, cause);
    }
    if (read === 0) throw new DamagedShard('a shard is shorter than the plan', path);
    return read;
  }

  #endShard(): void {
    this.close();
    if (this.#hash !== undefined && this.#hash.digest('hex') !== this.#digests?.[this.#number])
      throw new DamagedShard('a shard has other bytes than were acknowledged', this.#paths[this.#number]!);
    this.#hash = undefined;
  }
}

/** Whether a file is gone or its bytes are; too many open files, for instance, is another matter. */
export function isUnreadable(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EIO' || code === 'EISDIR';
}

/** total = the next words of all survivors, added up. Both arrays lie in the memory of the kernels and are of one length. */
export function sumNextWords(
  survivors: readonly SurvivorWords[],
  kernels: RingKernels,
  bits: RingBits,
  total: Uint8Array,
  incoming: Uint8Array,
): void {
  for (const [index, survivor] of survivors.entries()) {
    survivor.readInto(index === 0 ? total : incoming);
    if (index > 0) kernels.add(bits, total, incoming);
  }
}
