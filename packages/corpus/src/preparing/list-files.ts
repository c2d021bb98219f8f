// SPDX-License-Identifier: Apache-2.0
import { scanFolder } from '../reading/list-folder.ts';
import type { UnitFile } from './prepare-unit.ts';

/** All files below a folder in the order of their names, with what tells whether one has changed. @throws as {@link scanFolder} */
export async function listFiles(folder: string): Promise<UnitFile[]> {
  return (await scanFolder(folder)).map((entry) => {
    if (entry.kind === 'refused') {
      const { path, bytes } = entry.outcome;
      const identity = { path, bytes, modifiedAtMs: 0, inode: '0' };
      return { identity, toRead: undefined, refused: entry.outcome };
    }
    const { path, bytes, modifiedAtMs, inode } = entry.file;
    return { identity: { path, bytes, modifiedAtMs, inode }, toRead: entry.file, refused: undefined };
  });
}
