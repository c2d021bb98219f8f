// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { scanFolder } from '../reading/list-folder.ts';
import type { UnitFile } from './prepare-unit.ts';

/** All files below a folder in the order of their names, with what tells whether one has changed. @throws as {@link scanFolder} */
export async function listFiles(folder: string): Promise<UnitFile[]> {
  const found: UnitFile[] = [];
  for (const entry of await scanFolder(folder)) {
    if (entry.kind === 'refused') {
      const { path, bytes } = entry.outcome;
      const identity = { path, bytes, modifiedNs: '0', inode: '0' };
      found.push({ identity, toRead: undefined, refused: entry.outcome });
      continue;
    }
    const { path, absolutePath, bytes } = entry.file;
    const seen = await stat(absolutePath, { bigint: true }).catch(() => undefined);
    const identity = {
      path,
      bytes: seen === undefined ? bytes : Number(seen.size),
      modifiedNs: String(seen?.mtimeNs ?? 0),
      inode: String(seen?.ino ?? 0),
    };
    found.push({ identity, toRead: entry.file, refused: undefined });
  }
  return found;
}
