// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ShardSpool } from './shard-spool.ts';

/** Where an attempt's journal and spool lie: `journals/<instance>.<attempt>.journal`, `spool/<instance>/<attempt>/`. */
export class AttemptFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  journalPath(instance: string, attempt: number): string {
    return join(this.#directory, 'journals', journalName(instance, attempt));
  }

  spool(instance: string, attempt: number): ShardSpool {
    return new ShardSpool(join(this.#directory, 'spool', instance, String(attempt)));
  }

  /** Journals of attempts that are over hold secrets that nobody needs; their spools only take room. */
  async sweep(keep: readonly { readonly instance: string; readonly attempt: number }[]): Promise<void> {
    const kept = new Set(keep.map(({ instance, attempt }) => journalName(instance, attempt)));
    const folder = join(this.#directory, 'journals');
    const names = existsSync(folder) ? await readdir(folder) : [];
    for (const name of names) if (!kept.has(name)) await rm(join(folder, name), { force: true });
    for (const { instance, attempt } of await this.#spools())
      if (!kept.has(journalName(instance, attempt))) await this.spool(instance, attempt).erase();
  }

  async #spools(): Promise<{ readonly instance: string; readonly attempt: number }[]> {
    const folder = join(this.#directory, 'spool');
    const instances = existsSync(folder) ? await readdir(folder) : [];
    const found = instances.map(async (instance) =>
      (await readdir(join(folder, instance))).map((attempt) => ({ instance, attempt: Number(attempt) })),
    );
    return (await Promise.all(found)).flat();
  }
}

function journalName(instance: string, attempt: number): string {
  return `${instance}.${attempt}.journal`;
}
