// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open } from 'node:fs/promises';
import { modelFileInvalid, modelFileUnreadable } from './format-problems.ts';

/** One read call takes at most 2^31 - 1 bytes. */
const largestReadBytes = 1 << 30;

export interface ModelFileHandle {
  readonly path: string;
  readonly size: number;
  /** Fills `target` from `position` in the file. @throws KibanError `model-file-invalid` where the file ends before. */
  readInto(target: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

/** @throws KibanError `model-file-unreadable` */
export async function openModelFile(path: string): Promise<ModelFileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw modelFileUnreadable(path, error);
  }
  const status = await file.stat();
  if (!status.isFile()) {
    await file.close();
    throw modelFileUnreadable(path);
  }
  return {
    path,
    size: status.size,
    async readInto(target, position) {
      let done = 0;
      while (done < target.length) {
        const wanted = Math.min(target.length - done, largestReadBytes);
        const { bytesRead } = await file.read(target, done, wanted, position + done);
        if (bytesRead === 0) throw modelFileInvalid(path, { ja: '途中で切れています', en: 'it is cut off' });
        done += bytesRead;
      }
    },
    close: () => file.close(),
  };
}
