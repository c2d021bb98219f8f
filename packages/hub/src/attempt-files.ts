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

  /** Journals of attempts that are over hold secrets that nobody needs. */
  async sweepJournals(keep: readonly { readonly instance: string; readonly attempt: number }[]): Promise<void> {
    const kept = new Set(keep.map(({ instance, attempt }) => journalName(instance, attempt)));
    const folder = join(this.#directory, 'journals');
    const names = existsSync(folder) ? await readdir(folder) : [];
    for (const name of names) if (!kept.has(name)) await rm(join(folder, name), { force: true });
  }
}

function journalName(instance: string, attempt: number): string {
  return `${instance}.${attempt}.journal`;
}
