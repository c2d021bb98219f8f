// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Sha256Digest, sha256Hex } from '@kiban/core';
import type { FileOutcome } from './file-outcome.ts';
import type { ReadingContext } from './read-content.ts';
import type { FileToRead } from './read-file.ts';

/** To be raised whenever the readers make other records of the same bytes: then everything is read again. */
const readersVersion = 1;

/** What a reading found out about one file, for the next reading to know it by. JSON-safe. */
export interface KnownFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAtMs: number;
  /** Device and number of the file in its file system. */
  readonly inode: string;
  /** When size and time of change were looked at, in milliseconds since 1970. */
  readonly checkedAtMs: number;
  /** Of its bytes. */
  readonly digest: Sha256Digest;
  /** Of all that decides what is made of the bytes; see {@link readingSettings}. */
  readonly settings: Sha256Digest;
  readonly outcome: FileOutcome;
}

/** What earlier readings of the same source found out; kept by whoever keeps their records. */
export interface KnownFiles {
  get(path: string): Promise<KnownFile | undefined>;
  /** All paths, in any order. */
  paths(): AsyncIterable<string>;
}

/** A digest of everything but the bytes that a file's records depend on. */
export function readingSettings(context: ReadingContext): Sha256Digest {
  const { source, encoding, decoding, privateUse, maxDocumentCharacters, limits } = context;
  const settings = {
    readersVersion,
    source,
    encoding: encoding ?? null,
    decoding: decoding === undefined ? null : { port: decoding.port.name, ...decoding.framing },
    privateUse: privateUse.entries(),
    maxDocumentCharacters,
    limits: { ...limits },
  };
  return sha256Hex(canonicalJson(settings));
}

/** A file system may give changes within this time the same time stamp. */
const timeStampMs = 2_000;

/**
 * Whether a listed file is the one known: by size, time of change and number without looking into it. `uncertain` is for its digest to decide: it was
 * touched, copied or moved, or changed last so shortly before it was looked at that a further change may not show.
 */
export function standingOf(
  file: Pick<FileToRead, 'bytes' | 'modifiedAtMs' | 'inode'>,
  known: KnownFile | undefined,
  settings: Sha256Digest,
): 'unchanged' | 'uncertain' | 'changed' {
  if (known === undefined || known.settings !== settings || known.bytes !== file.bytes) return 'changed';
  const looksEqual = known.modifiedAtMs === file.modifiedAtMs && known.inode === file.inode;
  return looksEqual && known.modifiedAtMs < known.checkedAtMs - timeStampMs ? 'unchanged' : 'uncertain';
}
