// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type OrganisationId, type Sha256Digest, syncFolder } from '@kiban/core';
import { problems } from './problems.ts';
import { receiveIntoFile, type ShardBody } from './shard-reception.ts';

export interface SpooledShard {
  readonly shard: number;
  readonly byteLength: number;
  readonly sha256: Sha256Digest;
}

/**
 * Masked shards of one attempt, on disk as they arrive: `DIRECTORY/<member>/<n>.<bytes>.<sha256>`. A shard that was acknowledged survives a
 * crash. What is held is known in memory after {@link ShardSpool.prepare}.
 */
export class ShardSpool {
  readonly #directory: string;
  readonly #held = new Map<OrganisationId, Map<number, SpooledShard>>();
  /** Shards of a member get their names one after the other: of two with one number, the first counts. */
  readonly #naming = new Map<OrganisationId, Promise<unknown>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Whether the member's shard is held with this digest. @throws KibanError `shard-refused` 409 when it is held with another one */
  holds(member: OrganisationId, shard: number, sha256: Sha256Digest): boolean {
    const held = this.#held.get(member)?.get(shard);
    if (held === undefined) return false;
    if (held.sha256 !== sha256) throw problems.shardRefused(`shard ${shard} is held with another digest`, 409);
    return true;
  }

  /**
   * Durable when this ends. The same bytes again change nothing.
   * @param hooks.onBytes called for every chunk that arrived
   * @param hooks.beforeNaming may still refuse the shard, by throwing, when all of it is there
   * @throws KibanError `shard-refused` 409 for other bytes under the same number, 422 for bytes that are not those announced
   */
  async receive(
    member: OrganisationId,
    shard: number,
    body: ShardBody,
    hooks: { readonly onBytes: (count: number) => void; readonly beforeNaming: () => void },
  ): Promise<'stored' | 'held'> {
    const { byteLength, sha256 } = body;
    if (this.holds(member, shard, sha256)) return 'held';
    const temporary = await receiveIntoFile(join(this.#directory, member), String(shard), body, hooks.onBytes);
    try {
      return await this.#oneByOne(member, async () => {
        hooks.beforeNaming();
        if (this.holds(member, shard, sha256)) return 'held';
        const spooled = { shard, byteLength, sha256 };
        await rename(temporary, this.pathOf(member, spooled));
        await syncFolder(join(this.#directory, member));
        this.#remember(member, spooled);
        return 'stored';
      });
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Forgets a shard that is not what was acknowledged; it may be sent again. */
  async drop(member: OrganisationId, shard: SpooledShard): Promise<void> {
    await this.#oneByOne(member, async () => {
      await rm(this.pathOf(member, shard), { force: true, recursive: true });
      await syncFolder(join(this.#directory, member));
      this.#held.get(member)?.delete(shard.shard);
    });
  }

  /** In the order of their numbers. */
  held(member: OrganisationId): SpooledShard[] {
    return [...(this.#held.get(member)?.values() ?? [])].sort((a, b) => a.shard - b.shard);
  }

  pathOf(member: OrganisationId, shard: SpooledShard): string {
    return join(this.#directory, member, `${shard.shard}.${shard.byteLength}.${shard.sha256}`);
  }

  get sumPath(): string {
    return join(this.#directory, 'sum');
  }

  /** Reads what is there, and clears what a crash left half-written. */
  async prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    for (const entry of await readdir(this.#directory, { recursive: true })) {
      const [member, name] = entry.split('/');
      const parts = /^(\d+)\.(\d+)\.([0-9a-f]{64})$/.exec(name ?? '');
      if (entry.endsWith('.tmp')) await rm(join(this.#directory, entry), { force: true });
      else if (parts !== null)
        this.#remember(member as OrganisationId, {
          shard: Number(parts[1]),
          byteLength: Number(parts[2]),
          sha256: parts[3] as Sha256Digest,
        });
    }
  }

  async erase(): Promise<void> {
    this.#held.clear();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #remember(member: OrganisationId, shard: SpooledShard): void {
    const shards = this.#held.get(member) ?? new Map<number, SpooledShard>();
    this.#held.set(member, shards.set(shard.shard, shard));
  }

  #oneByOne<T>(member: OrganisationId, work: () => Promise<T>): Promise<T> {
    const next = (this.#naming.get(member) ?? Promise.resolve()).then(work, work);
    this.#naming.set(
      member,
      next.catch(() => undefined),
    );
    return next;
  }
}
