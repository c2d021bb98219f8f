// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '@kiban/core';

const digestBytes = 16;

/**
 * Digests of all documents of a data set that were ever held out: they never go to the training side, whatever share is held out later. A file of
 * 16 bytes per document.
 */
export class HeldOutRegister {
  readonly #path: string;
  readonly #known: Set<string>;
  #changed = false;

  private constructor(path: string, known: Set<string>) {
    this.#path = path;
    this.#known = known;
  }

  static async open(folder: string): Promise<HeldOutRegister> {
    const path = join(folder, 'held-out.bin');
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const known = new Set<string>();
    for (let at = 0; at + digestBytes <= bytes.length; at += digestBytes)
      known.add(bytes.toString('hex', at, at + digestBytes));
    return new HeldOutRegister(path, known);
  }

  /** @param digest at least 32 hexadecimal characters */
  has(digest: string): boolean {
    return this.#known.has(digest.slice(0, 2 * digestBytes));
  }

  add(digest: string): void {
    const own = digest.slice(0, 2 * digestBytes);
    if (this.#known.has(own)) return;
    this.#known.add(own);
    this.#changed = true;
  }

  /** Durable when this ends; called before the shards are, so that no held-out shard is without it. @throws KibanError `disk-full` */
  async save(): Promise<void> {
    if (!this.#changed) return;
    await writeFileDurably(this.#path, Buffer.from([...this.#known].sort().join(''), 'hex'), { mode: 0o600 });
    this.#changed = false;
  }
}
