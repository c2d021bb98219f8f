// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '@kiban/core';

/** The secret journal of one attempt at a member. */
export function attemptJournalPath(directory: string, instance: string, attempt: number): string {
  return join(directory, `${instance}.${attempt}.journal`);
}

/**
 * Erases the journals of a programme's attempts that nobody asks about any more: secrets have no use after their attempt. The marks stay, so an
 * attempt without its journal is never joined again.
 * @param isWanted asked of each attempt just before its journal goes
 */
export async function eraseJournals(
  directory: string,
  programme: string,
  isWanted: (instance: string, attempt: number) => boolean,
): Promise<void> {
  const names = existsSync(directory) ? await readdir(directory) : [];
  let erased = false;
  for (const name of names) {
    const [, instance, attempt] = /^(.+)\.(\d+)\.journal$/.exec(name) ?? [];
    if (instance === undefined || !instance.startsWith(`${programme}.`) || isWanted(instance, Number(attempt)))
      continue;
    await rm(join(directory, name), { force: true });
    erased = true;
  }
  if (erased) await syncFolder(directory);
}
