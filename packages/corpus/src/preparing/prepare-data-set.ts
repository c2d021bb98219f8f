// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isKibanError, KibanError } from '@kiban/core';
import { cutParagraphs, paragraphsOf } from '../deduplicating/document-fingerprint.ts';
import { indexName } from '../packing/shard-index.ts';
import { describeOutcome } from '../reading/describe-outcome.ts';
import type { RecordContent } from '../reading/text-record.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { chooseDocuments } from './choose-documents.ts';
import { textOf } from './document.ts';
import { filesReport } from './files-report.ts';
import { HeldOutRegister } from './held-out-register.ts';
import { type PreparedFiles, prepareFiles } from './prepare-files.ts';
import type { FilesReport, PrepareProgress, PrepareReport } from './prepare-report.ts';
import { reportName, writeReport } from './report-file.ts';
import { unitOfFingerprints } from './segment.ts';
import { SegmentStore } from './segment-store.ts';
import { heldOutShardName, SplitSides, trainingShardName } from './split-sides.ts';

export interface PrepareOptions {
  readonly folder: string;
  /** Name of the data set. */
  readonly source: string;
  readonly tokenizer: Tokenizer;
  readonly sequenceLength: number;
  /**
   * Documents out of a thousand that are kept for evaluation; 1000 for a data set that is never trained on. Which ones depends on their text
   * alone, so no later run trains on them. See {@link SplitSides} for a set in which none falls on that side.
   */
  readonly heldOutPerMille: number;
  /**
   * Prepared documents of this data set, kept from run to run: only what changed is read again. Private. How they are prepared is said there, see
   * `preparation.ts`.
   */
  readonly storeDirectory: string;
  /** Gets `training.bin`, `heldout.bin`, their sidecars and, last, `report.json`. */
  readonly outputDirectory: string;
  /** See `prepareFiles`. */
  readonly workerCount?: number;
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly signal?: AbortSignal;
}

/** Damaged segments are made anew; more often than this the disk is at fault. */
const mostRepairs = 3;

/**
 * From a folder of documents to token shards: what is new is prepared (`prepareFiles`), then copies and boilerplate are left out, the held-out side is
 * split off, and the rest encoded and packed. The same folder gives the same bytes, however many threads and processes worked. A run that is killed leaves no `report.json`, no shard with a sidecar that does
 * not fit it, and its finished units in the store.
 * @throws KibanError `folder-not-found`, `folder-unreadable`, `folder-empty`, `folder-without-text` (422), `disk-full`; the signal's reason
 */
export async function prepareDataSet(options: PrepareOptions): Promise<PrepareReport> {
  const store = new SegmentStore(options.storeDirectory);
  await clearResult(options.outputDirectory);
  const progress = { files: 0, filesTotal: 0, bytesRead: 0, bytesTotal: 0, documents: 0, tokens: 0 };
  const onProgress = (change: Partial<PrepareProgress>) => options.onProgress?.({ ...Object.assign(progress, change) });
  for (let repairs = 0; ; repairs += 1) {
    const prepared = await prepareFiles({
      folder: options.folder,
      source: options.source,
      store,
      workerCount: options.workerCount,
      onProgress,
      signal: options.signal,
    });
    try {
      return await packSegments(options, store, prepared, onProgress);
    } catch (error) {
      const unit = damagedUnit(error);
      if (unit === undefined || repairs >= mostRepairs) throw error;
      await store.remove(unit);
    }
  }
}

/** The unit that an error is about, if making it anew is a remedy. */
function damagedUnit(error: unknown): string | undefined {
  if (!isKibanError(error)) return undefined;
  if (error.code === 'segment-damaged') return String(error.extra.unit);
  return error.code === 'fingerprints-damaged' ? unitOfFingerprints(String(error.extra.path)) : undefined;
}

/** The report first: without it there is no result. */
async function clearResult(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of [reportName, ...[trainingShardName, heldOutShardName].map(indexName)])
    await rm(join(directory, name), { force: true });
}

async function packSegments(
  options: PrepareOptions,
  store: SegmentStore,
  prepared: PreparedFiles,
  onProgress: (change: Partial<PrepareProgress>) => void,
): Promise<PrepareReport> {
  const { tokenizer, sequenceLength, outputDirectory, heldOutPerMille, signal } = options;
  const { settings, segments } = prepared;
  const files = filesReport(prepared);
  const counts = { documents: 0, chats: 0, boilerplateParagraphs: 0 };
  const register = await HeldOutRegister.open(store.folder);
  const choice = await chooseDocuments(store, segments, settings.source, register, signal);
  let ordinal = -1;
  // All pieces of a long document go where its first piece goes.
  let placeOfDocument = 0;
  const sides = await SplitSides.open({ ...options, register });
  try {
    for (const segment of segments)
      for await (const { content, digest, part } of store.documents(segment)) {
        signal?.throwIfAborted();
        ordinal += 1;
        if (part === 0) placeOfDocument = choice.place(ordinal);
        if (choice.verdict(ordinal) !== 'kept') continue;
        const kept = withoutBoilerplate(content, choice.boilerplate);
        counts.boilerplateParagraphs += kept.cut;
        const text = textOf(kept.content);
        if (text.trim() === '') continue;
        counts.documents += 1;
        if (content.kind === 'chat') counts.chats += 1;
        await sides.add({ content: kept.content, text, digest }, placeOfDocument);
        if (counts.documents % 256 === 0) onProgress({ documents: sides.documents, tokens: sides.tokens });
      }
    if (counts.documents === 0) throw withoutText(options.folder, files);
    const { training, heldOut, shards } = await sides.finish();
    const characters = training.characters + heldOut.characters;
    const tokens = training.tokens + heldOut.tokens;
    onProgress({ documents: sides.documents, tokens });
    const report: PrepareReport = {
      ...files,
      tokenizerDigest: tokenizer.digest,
      sequenceLength,
      heldOutPerMille,
      duplicates: choice.exactDuplicates,
      nearDuplicates: choice.nearDuplicates,
      ...counts,
      characters,
      tokens,
      charactersPerToken: tokens === 0 ? 0 : characters / tokens,
      training,
      heldOut,
      shards,
    };
    await writeReport(outputDirectory, report);
    return report;
  } catch (error) {
    await sides.discard();
    throw error;
  }
}

/** Of a chat nothing is cut: a turn without what it answers is worse than a repeated line. */
function withoutBoilerplate(
  content: RecordContent,
  boilerplate: ReadonlySet<string>,
): { readonly content: RecordContent; readonly cut: number } {
  if (content.kind === 'chat' || boilerplate.size === 0) return { content, cut: 0 };
  const paragraphs = paragraphsOf(content.text).filter(({ digest }) => boilerplate.has(digest));
  if (paragraphs.length === 0) return { content, cut: 0 };
  return {
    content: { kind: 'text', text: cutParagraphs(content.text, paragraphs, boilerplate) },
    cut: paragraphs.length,
  };
}

function withoutText(folder: string, { problems, dropped, qualityRules }: FilesReport): KibanError {
  const shown = [
    ...problems.slice(0, 5).map(describeOutcome),
    ...[...Object.entries(dropped), ...Object.entries(qualityRules)].map(([reason, count]) => ({
      ja: `除外した文書: ${reason} ${count} 件`,
      en: `Documents dropped: ${reason} ${count}`,
    })),
  ];
  return new KibanError({
    code: 'folder-without-text',
    status: 422,
    title: { ja: '学習に使える文書がありません', en: 'There is no document to train on' },
    detail: {
      ja: [`${folder} から使える文書が得られませんでした。`, ...shown.map(({ ja }) => ja)].join('\n'),
      en: [`Nothing usable was found in ${folder}.`, ...shown.map(({ en }) => en)].join('\n'),
    },
  });
}
