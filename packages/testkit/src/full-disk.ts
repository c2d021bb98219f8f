// SPDX-License-Identifier: Apache-2.0
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const full = new Set<(path: string) => boolean>();
let installed = false;

/**
 * From now on writes of this thread fail with ENOSPC where the path is one of those that have no room: bodies written through
 * `node:fs/promises`, journals written with `writeSync`. What is open already is not affected.
 * @returns makes room again
 */
export function fillDisk(hasNoRoom: (path: string) => boolean): () => void {
  install();
  full.add(hasNoRoom);
  return () => full.delete(hasNoRoom);
}

function requireRoom(path: string): void {
  for (const hasNoRoom of full)
    if (hasNoRoom(path)) throw Object.assign(new Error(`ENOSPC: no space left on device, ${path}`), { code: 'ENOSPC' });
}

function install(): void {
  if (installed) return;
  installed = true;
  const { open } = promises;
  promises.open = async (path, ...rest) => {
    const handle = await open(path, ...rest);
    const write = handle.write.bind(handle) as (...parts: unknown[]) => Promise<unknown>;
    handle.write = (async (...parts: unknown[]) => {
      requireRoom(String(path));
      return write(...parts);
    }) as typeof handle.write;
    return handle;
  };
  const { openSync, writeSync } = fs;
  const paths = new Map<number, string>();
  fs.openSync = (path, ...rest) => {
    const file = openSync(path, ...rest);
    paths.set(file, String(path));
    return file;
  };
  fs.writeSync = ((file: number, ...rest: Parameters<typeof writeSync> extends [number, ...infer R] ? R : never) => {
    requireRoom(paths.get(file) ?? '');
    return writeSync(file, ...rest);
  }) as typeof fs.writeSync;
  syncBuiltinESMExports();
}
