// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A unit that this process works on. */
export interface UnitClaim {
  /** Tells the others that the work advances. False when another process took the unit over because this one looked dead. */
  beat(): Promise<boolean>;
  release(): Promise<void>;
}

/** A process that has not advanced for this long is taken for dead. Units are repeatable: a wrong guess costs time, never a wrong result. */
export const staleClaimMs = 60_000;

/**
 * Claims a unit among processes that share a folder, on one machine or over a network file system: a file made with O_EXCL, touched while work
 * advances. Ages are measured by the file system's clock, so that machines need not agree on the time.
 * @returns undefined when somebody else is at it
 */
export async function claimUnit(folder: string, unit: string, staleMs = staleClaimMs): Promise<UnitClaim | undefined> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, unit);
  const token = `${hostname()} ${process.pid} ${randomBytes(8).toString('hex')}\n`;
  if (!(await create(path, token))) {
    const ageMs = await ageOf(path, join(folder, `.${randomBytes(6).toString('hex')}.probe`));
    if (ageMs !== undefined && ageMs < staleMs && !(await ownerIsDead(path))) return undefined;
    // Of several that see it stale one renames it; the others find nothing and try again later.
    const stale = `${path}.${randomBytes(6).toString('hex')}.stale`;
    const renamed = await rename(path, stale).then(
      () => true,
      () => false,
    );
    if (renamed) await rm(stale, { force: true });
    if (!(await create(path, token))) return undefined;
  }
  const isMine = async () => (await readFile(path, 'utf8').catch(() => '')) === token;
  return {
    async beat() {
      if (!(await isMine())) return false;
      // Written, not touched: the time is then the file system's own.
      await writeFile(path, token, { flag: 'r+' }).catch(() => undefined);
      return true;
    },
    async release() {
      if (await isMine()) await rm(path, { force: true });
    },
  };
}

async function create(path: string, token: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(token);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Known of processes of this machine alone: after a kill the work goes on at once. */
async function ownerIsDead(path: string): Promise<boolean> {
  const [host, pid] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  if (host !== hostname() || !/^\d+$/.test(pid ?? '')) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Milliseconds since the file was touched, by the clock of its file system; undefined when it is gone. */
async function ageOf(path: string, probe: string): Promise<number | undefined> {
  const file = await open(probe, 'wx');
  try {
    await file.writeFile('.');
    const now = (await file.stat()).mtimeMs;
    const touched = await stat(path).catch(() => undefined);
    return touched === undefined ? undefined : now - touched.mtimeMs;
  } finally {
    await file.close();
    await rm(probe, { force: true });
  }
}
