// SPDX-License-Identifier: Apache-2.0
import type { FileOutcome } from '../reading/file-outcome.ts';
import { type FileToRead, readFile } from '../reading/read-file.ts';
import type { DocumentPreparer } from './document-preparer.ts';
import type { FileIdentity, SegmentFile } from './segment.ts';
import { createSegmentWriter } from './segment-writer.ts';

export interface UnitTask {
  readonly unit: string;
  /** The store's folder. */
  readonly storeFolder: string;
  /** In the order of the listing. */
  readonly files: readonly UnitFile[];
}

/** What the listing saw: a file to read, or one that is refused already. */
export interface UnitFile {
  readonly identity: FileIdentity;
  readonly toRead: FileToRead | undefined;
  readonly refused: FileOutcome | undefined;
}

/** A longer document is handed over in pieces of so many UTF-16 code units, cut at line ends. */
const maxDocumentCharacters = 1 << 18;

/**
 * Reads the files of a unit, prepares their documents and seals the segment. Memory: one document and the compressor.
 * @param onBytes gets the bytes of source read since its last call; throws to stop the work
 * @throws KibanError `disk-full`; whatever `onBytes` throws. Nothing of the unit counts then.
 */
export async function prepareUnit(
  task: UnitTask,
  preparer: DocumentPreparer,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const writer = await createSegmentWriter(task.storeFolder, task.unit, preparer.pipeline);
  try {
    const files: SegmentFile[] = [];
    for (const file of task.files) files.push(await prepareFile(file));
    await writer.seal(files);
  } catch (error) {
    await writer.discard();
    throw error;
  }

  async function prepareFile({ identity, toRead, refused }: UnitFile): Promise<SegmentFile> {
    const dropped: Record<string, number> = {};
    const personalData: Record<string, number> = {};
    let documents = 0;
    // A file that grows meanwhile is read to its end, but counted as it was listed.
    let left = identity.bytes;
    const counted = (bytes: number) => {
      const some = Math.min(bytes, left);
      left -= some;
      onBytes(some);
    };
    let outcome = refused;
    if (toRead !== undefined) {
      const { source, encoding } = preparer.settings;
      const reading = readFile(toRead, {
        source,
        encoding: encoding ?? undefined,
        maxDocumentCharacters,
        onBytes: counted,
      });
      try {
        let step = await reading.next();
        for (; !step.done; step = await reading.next()) {
          const prepared = preparer.prepare(step.value);
          for (const [name, count] of Object.entries(prepared.personalData)) add(personalData, name, count);
          if (prepared.kind === 'dropped') add(dropped, prepared.reason, 1);
          else {
            documents += 1;
            await writer.add(prepared.document);
          }
        }
        outcome = step.value;
      } finally {
        await reading.return(undefined as never);
      }
    }
    counted(left);
    return { identity, outcome: outcome!, documents, dropped, personalData };
  }
}

function add(counts: Record<string, number>, name: string, count: number): void {
  counts[name] = (counts[name] ?? 0) + count;
}
