// SPDX-License-Identifier: Apache-2.0

import { RejectionTally } from '../quality/rejection-samples.ts';
import type { FileOutcome } from '../reading/file-outcome.ts';
import { PrivateUseTable } from '../reading/private-use-table.ts';
import type { ReadingContext } from '../reading/read-content.ts';
import type { FileToRead } from '../reading/read-file.ts';
import { readingContext, readListed } from '../reading/read-folder.ts';
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

/** Samples kept of each unit and reason. */
const rejectionsShown = 5;

/** What the listing saw: a file to read, or one that is refused already. */
export interface UnitFile {
  readonly identity: FileIdentity;
  readonly toRead: FileToRead | undefined;
  readonly refused: FileOutcome | undefined;
}

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
  const writer = await createSegmentWriter({
    folder: task.storeFolder,
    unit: task.unit,
    pipeline: preparer.pipeline,
    source: preparer.settings.source,
  });
  const { source, encoding, privateUse } = preparer.settings;
  const rejections = new RejectionTally({ perReason: rejectionsShown, seed: source });
  const context = readingContext({
    source,
    encoding: encoding ?? undefined,
    privateUse: privateUse ? PrivateUseTable.parse(privateUse) : undefined,
  });
  try {
    const files: SegmentFile[] = [];
    for (const file of task.files) files.push(await prepareFile(file, context));
    await writer.seal(files, rejections);
  } catch (error) {
    await writer.discard();
    throw error;
  } finally {
    await context.pdf.stop();
  }

  async function prepareFile({ identity, toRead, refused }: UnitFile, reading: ReadingContext): Promise<SegmentFile> {
    const dropped: Record<string, number> = {};
    const qualityRules: Record<string, number> = {};
    const personalData: Record<string, number> = {};
    let documents = 0;
    if (toRead === undefined) {
      onBytes(identity.bytes);
      return { identity, outcome: refused!, documents, dropped, qualityRules, personalData };
    }
    const items = readListed(toRead, reading, onBytes);
    try {
      let step = await items.next();
      for (; !step.done; step = await items.next()) {
        if (step.value.kind === 'entry') continue;
        const { record } = step.value;
        const prepared = preparer.prepare(record);
        for (const [name, row] of Object.entries(prepared.personalData))
          for (const [action, count] of Object.entries(row)) add(personalData, `${name}/${action}`, count);
        if (prepared.kind === 'kept') {
          documents += 1;
          await writer.add(prepared.document, prepared.fingerprint);
          continue;
        }
        add(dropped, prepared.reason, 1);
        for (const rule of prepared.rules) add(qualityRules, rule, 1);
        const reasons = prepared.rules.length > 0 ? prepared.rules : [prepared.reason];
        rejections.add(record.id, reasons, prepared.text);
      }
      return { identity, outcome: step.value, documents, dropped, qualityRules, personalData };
    } finally {
      // Closes the file when the work stops early.
      await items.return(undefined as never);
    }
  }
}

function add(counts: Record<string, number>, name: string, count: number): void {
  counts[name] = (counts[name] ?? 0) + count;
}
