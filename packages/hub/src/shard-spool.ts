// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type OrganisationId, type Sha256Digest, sha256Hex, writeFileDurably } from '@kiban/core';
import { problems } from './problems.ts';

export interface SpooledShard {
  readonly shard: number;
  readonly byteLength: number;
  readonly sha256: Sha256Digest;
}

/** Masked shards of one attempt, on disk as they arrive: `DIRECTORY/<member>/<n>.<bytes>.<sha256>`. A shard that was acknowledged survives a crash. */
export class ShardSpool {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The same bytes again change nothing. @throws KibanError `shard-refused` 409 for other bytes under the same number. */
  async put(member: OrganisationId, shard: number, bytes: Uint8Array): Promise<'stored' | 'held'> {
    const sha256 = sha256Hex(bytes);
    const held = (await this.held(member)).find((one) => one.shard === shard);
    if (held !== undefined) {
      if (held.sha256 === sha256) return 'held';
      throw problems.shardRefused(`shard ${shard} is held with another digest`, 409);
    }
    await writeFileDurably(this.pathOf(member, { shard, byteLength: bytes.byteLength, sha256 }), bytes);
    return 'stored';
  }

  async held(member: OrganisationId): Promise<SpooledShard[]> {
    const folder = join(this.#directory, member);
    const names = existsSync(folder) ? await readdir(folder) : [];
    return names
      .flatMap((name) => {
        const parts = /^(\d+)\.(\d+)\.([0-9a-f]{64})$/.exec(name);
        return parts === null
          ? []
          : [{ shard: Number(parts[1]), byteLength: Number(parts[2]), sha256: parts[3] as Sha256Digest }];
      })
      .sort((a, b) => a.shard - b.shard);
  }

  pathOf(member: OrganisationId, shard: SpooledShard): string {
    return join(this.#directory, member, `${shard.shard}.${shard.byteLength}.${shard.sha256}`);
  }

  get sumPath(): string {
    return join(this.#directory, 'sum');
  }

  async prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    for (const entry of await readdir(this.#directory, { recursive: true })) {
      if (entry.endsWith('.tmp')) await rm(join(this.#directory, entry), { force: true });
    }
  }

  async erase(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
