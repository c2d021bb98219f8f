// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { OrganisationId } from '@kiban/core';
import type { ShardSpool, SpooledShard } from './shard-spool.ts';
import { isUnreadable } from './survivor-words.ts';

const readBytes = 1 << 20;

/**
 * Whether spooled shards still are what was acknowledged. A file that lies there as it did when it was received or last hashed (inode, length,
 * times) is taken as unchanged; any other, and every one found at start, is hashed once. Damaged ones are dropped, so that their member sends
 * them again. Bytes that change beneath the file system are found later, by the sum.
 */
export class SpoolCheck {
  readonly #spool: ShardSpool;
  readonly #onDamaged: (member: OrganisationId, shard: SpooledShard) => void;
  /** What files looked like when their bytes were right, by path. */
  readonly #right = new Map<string, string>();
  /** Looks at one member's shards run one after the other. */
  readonly #looking = new Map<OrganisationId, Promise<unknown>>();

  constructor(spool: ShardSpool, onDamaged: (member: OrganisationId, shard: SpooledShard) => void) {
    this.#spool = spool;
    this.#onDamaged = onDamaged;
  }

  /** The shard was hashed as it arrived. */
  async received(member: OrganisationId, number: number): Promise<void> {
    const shard = this.#spool.held(member).find((one) => one.shard === number);
    if (shard === undefined) return;
    const path = this.#spool.pathOf(member, shard);
    const seen = await fingerprint(path);
    if (seen !== undefined) this.#right.set(path, seen);
  }

  /** @returns whether all of the member's shards were right; those that were not are dropped */
  member(member: OrganisationId): Promise<boolean> {
    return this.#look(member, () => true);
  }

  /** The same for one shard. */
  shard(member: OrganisationId, number: number): Promise<boolean> {
    return this.#look(member, (shard) => shard.shard === number);
  }

  #look(member: OrganisationId, wanted: (shard: SpooledShard) => boolean): Promise<boolean> {
    const work = async () => {
      let whole = true;
      for (const shard of this.#spool.held(member).filter(wanted)) {
        if (await this.#isRight(member, shard)) continue;
        whole = false;
        await this.#spool.drop(member, shard);
        this.#onDamaged(member, shard);
      }
      return whole;
    };
    const next = (this.#looking.get(member) ?? Promise.resolve()).then(work, work);
    this.#looking.set(
      member,
      next.catch(() => undefined),
    );
    return next;
  }

  async #isRight(member: OrganisationId, shard: SpooledShard): Promise<boolean> {
    const path = this.#spool.pathOf(member, shard);
    const seen = await fingerprint(path);
    if (seen !== undefined && seen === this.#right.get(path)) return true;
    this.#right.delete(path);
    const right = seen !== undefined && (await digestOf(path)) === shard.sha256;
    if (right) this.#right.set(path, seen);
    return right;
  }
}

/** Undefined when there is no such file, or when the disk cannot say. */
async function fingerprint(path: string): Promise<string | undefined> {
  const seen = await stat(path, { bigint: true }).catch(undefinedIfUnreadable);
  return seen === undefined ? undefined : `${seen.ino}.${seen.size}.${seen.mtimeNs}.${seen.ctimeNs}`;
}

/** Undefined when the file cannot be read to its end. */
async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: readBytes })) hash.update(chunk as Buffer);
  } catch (error) {
    return undefinedIfUnreadable(error);
  }
  return hash.digest('hex');
}

function undefinedIfUnreadable(error: unknown): undefined {
  if (!isUnreadable(error)) throw error;
}
