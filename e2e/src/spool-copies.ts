// SPDX-License-Identifier: Apache-2.0
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** `<n>.<bytes>.<sha256>`, as the hub's spool names a shard that is durable. */
const shardName = /^\d+\.\d+\.[0-9a-f]{64}$/;

/** What a curious hub does and the product does not: it keeps every masked shard, by a hard link beside the name that the hub removes. */
export class SpoolCopies {
  readonly #spool: string;
  readonly #copies: string;
  readonly #timer: NodeJS.Timeout;

  /** @param hubDirectory of a running hub @param copies a folder on the same file system */
  constructor(hubDirectory: string, copies: string) {
    this.#spool = join(hubDirectory, 'aggregation', 'spool');
    this.#copies = copies;
    this.#timer = setInterval(() => this.#look(), 5);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Masked bytes by member, of the last attempt whose path holds `instance`, shards end to end. */
  uploads(instance: string): ReadonlyMap<string, Buffer> {
    const shards = readdirSync(this.#copies, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.includes(instance) && shardName.test(basename(path)),
    );
    const byMember = Map.groupBy(shards, (path) => basename(dirname(path)));
    const numberOf = (path: string) => Number.parseInt(basename(path), 10);
    return new Map(
      [...byMember].map(([member, paths]) => [
        member,
        Buffer.concat(
          paths.sort((a, b) => numberOf(a) - numberOf(b)).map((path) => readFileSync(join(this.#copies, path))),
        ),
      ]),
    );
  }

  /** Whatever the hub removes in this moment was seen before, or the test finds it missing. */
  #look(): void {
    try {
      for (const entry of readdirSync(this.#spool, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !shardName.test(entry.name)) continue;
        const folder = entry.parentPath.replace(this.#spool, this.#copies);
        const copy = join(folder, entry.name);
        if (existsSync(copy)) continue;
        mkdirSync(folder, { recursive: true });
        linkSync(join(entry.parentPath, entry.name), copy);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
