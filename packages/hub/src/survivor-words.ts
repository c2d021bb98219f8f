// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readSync } from 'node:fs';
import type { RingBits, RingKernels } from '@kiban/tensor';

/**
 * The masked words of one survivor, read forward across its shard files. A file is opened when its turn comes, once, and closed behind its
 * last byte.
 */
export class SurvivorWords {
  readonly #paths: readonly string[];
  readonly #shardBytes: number;
  #number = -1;
  #file: number | undefined;
  #within = 0;

  /** @param paths all shards in order, each of `shardBytes` bytes but the last */
  constructor(paths: readonly string[], shardBytes: number) {
    this.#paths = paths;
    this.#shardBytes = shardBytes;
  }

  /** The next bytes, straight from the file's pages into `target`. @throws RangeError when the shards end before */
  readInto(target: Uint8Array): void {
    let done = 0;
    while (done < target.length) {
      if (this.#file === undefined) this.#openNext();
      const want = Math.min(target.length - done, this.#shardBytes - this.#within);
      const read = readSync(this.#file!, target, done, want, this.#within);
      if (read === 0) throw new RangeError('a shard is shorter than the plan');
      done += read;
      this.#within += read;
      if (this.#within === this.#shardBytes) this.close();
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #openNext(): void {
    this.#number += 1;
    const path = this.#paths[this.#number];
    if (path === undefined) throw new RangeError('a survivor has fewer shards than the plan');
    this.#file = openSync(path, 'r');
    this.#within = 0;
  }
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
