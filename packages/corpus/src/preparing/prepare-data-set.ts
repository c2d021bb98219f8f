// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KibanError, writeFileDurably } from '@kiban/core';
import type { ProfileName } from '@kiban/japanese';
import { createShardWriter, type ShardWriter } from '../packing/shard-writer.ts';
import { describeOutcome } from '../reading/describe-outcome.ts';
import type { FileOutcome } from '../reading/file-outcome.ts';
import { listFolder } from '../reading/list-folder.ts';
import { readFolder } from '../reading/read-folder.ts';
import type { TextEncoding } from '../reading/text-record.ts';
import { specialIds } from '../tokenizer/special-tokens.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { type PreparedDocument, prepareDocument, splitPlace } from './document.ts';
import type { PrepareProgress, PrepareReport, SideReport } from './prepare-report.ts';
import { PrepareTally } from './prepare-tally.ts';

export interface PrepareOptions {
  readonly folder: string;
  /** Name of the data set. */
  readonly source: string;
  readonly tokenizer: Tokenizer;
  /** Default `kiban-ja-1`. */
  readonly profile?: ProfileName;
  /** Encoding of legacy files whose bytes fit Shift_JIS and EUC-JP alike. */
  readonly encoding?: TextEncoding | undefined;
  readonly sequenceLength: number;
  /**
   * Documents out of a thousand that are kept for evaluation; 1000 for a data set that is never trained on. Which ones depends on their text
   * alone, so no later run trains on them. When none falls on that side, the one nearest to it is taken, so that there is something to measure;
   * a set of one single document is then on both sides.
   */
  readonly heldOutPerMille: number;
  /** Gets `training.bin`, `heldout.bin`, their sidecars and, last, `report.json`. */
  readonly outputDirectory: string;
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly signal?: AbortSignal;
}

export const trainingShardName = 'training.bin';
export const heldOutShardName = 'heldout.bin';

/**
 * From a folder of documents to token shards: read, normalise, drop exact duplicates, split off the held-out side, encode, pack. The same folder
 * gives the same bytes. A run that is killed leaves no `report.json` and no shard with a sidecar that does not fit it.
 * @throws KibanError `folder-not-found`, `folder-unreadable`, `folder-empty`, `folder-without-text` (422), `disk-full`; the signal's reason
 */
export async function prepareDataSet(options: PrepareOptions): Promise<PrepareReport> {
  const { tokenizer, sequenceLength, outputDirectory, heldOutPerMille, onProgress } = options;
  const profile = options.profile ?? 'kiban-ja-1';
  const listing = await listFolder(options.folder);
  await mkdir(outputDirectory, { recursive: true });
  const reportPath = join(outputDirectory, 'report.json');
  await rm(reportPath, { force: true });
  const tally = new PrepareTally();
  const counts = { chats: 0, duplicates: 0, emptyDocuments: 0 };
  const progress = { files: 0, filesTotal: listing.files.length, bytesRead: 0, bytesTotal: listing.bytesTotal };
  const training = await openSide(trainingShardName, options);
  const heldOut = await openSide(heldOutShardName, options);
  const seen = new Set<string>();
  // While nothing is held out, the document nearest to that side waits here.
  let nearest: { readonly document: PreparedDocument; readonly place: number } | undefined;
  let first: PreparedDocument | undefined;
  // All pieces of a long document go where its first piece goes.
  let placeOfFile = 0;

  const report = () =>
    onProgress?.({
      ...progress,
      documents: training.counts.documents + heldOut.counts.documents,
      tokens: training.counts.tokens + heldOut.counts.tokens,
    });

  async function add(document: PreparedDocument, place: number): Promise<void> {
    if (place < heldOutPerMille) return heldOut.add(document);
    if (heldOutPerMille === 0 || heldOut.counts.documents > 0) return training.add(document);
    if (nearest !== undefined && nearest.place <= place) return training.add(document);
    const passed = nearest;
    nearest = { document, place };
    if (passed) await training.add(passed.document);
  }

  try {
    const items = readFolder(options.folder, {
      source: options.source,
      encoding: options.encoding,
      signal: options.signal,
      onBytes: (bytes) => {
        progress.bytesRead += bytes;
        report();
      },
    });
    for await (const item of items) {
      if (item.kind === 'file') {
        tally.add(item.outcome);
        progress.files += 1;
        report();
        continue;
      }
      const document = prepareDocument(item.record.content.open(), profile);
      if (item.record.part === 0) placeOfFile = splitPlace(document.digest);
      if (document.text.trim() === '') counts.emptyDocuments += 1;
      else if (seen.has(document.digest)) counts.duplicates += 1;
      else {
        seen.add(document.digest);
        first ??= document;
        if (document.content.kind === 'chat') counts.chats += 1;
        await add(document, placeOfFile);
      }
    }
    if (seen.size === 0) throw withoutText(options.folder, tally.problems);
    if (nearest !== undefined) await (heldOut.counts.documents > 0 ? training : heldOut).add(nearest.document);
    // One document alone: it is trained on, and measured for want of another.
    if (training.counts.documents === 0 && heldOutPerMille < 1_000) await training.add(first!);
    const shards = { training: await training.writer.finish(), heldOut: await heldOut.writer.finish() };
    const [trained, held] = [training.counts, heldOut.counts];
    const characters = trained.characters + held.characters;
    const tokens = trained.tokens + held.tokens;
    const result: PrepareReport = {
      version: 1,
      profile,
      tokenizerDigest: tokenizer.digest,
      icu: process.versions.icu ?? '',
      unicode: process.versions.unicode ?? '',
      sequenceLength,
      heldOutPerMille,
      files: tally.files(),
      faults: tally.faults,
      documents: seen.size,
      ...counts,
      characters,
      tokens,
      charactersPerToken: tokens === 0 ? 0 : characters / tokens,
      training: trained,
      heldOut: held,
      shards,
      problems: tally.problems,
    };
    await writeFileDurably(reportPath, `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } catch (error) {
    await training.writer.discard();
    await heldOut.writer.discard();
    throw error;
  }
}

/** One side of the split: its shard and what went into it. */
interface Side {
  readonly writer: ShardWriter;
  readonly counts: SideReport;
  add(document: PreparedDocument): Promise<void>;
}

async function openSide(name: string, options: PrepareOptions): Promise<Side> {
  const { tokenizer, sequenceLength, outputDirectory } = options;
  const writer = await createShardWriter({
    path: join(outputDirectory, name),
    sequenceLength,
    vocabularySize: tokenizer.vocabularySize,
    tokenizerDigest: tokenizer.digest,
  });
  const counts = { documents: 0, characters: 0, tokens: 0 };
  return {
    writer,
    counts,
    async add({ content, text }) {
      const isChat = content.kind === 'chat';
      const ids = isChat ? tokenizer.encodeChat(content.messages) : [specialIds.begin, ...tokenizer.encode(text)];
      ids.push(specialIds.end);
      counts.documents += 1;
      counts.characters += text.length;
      counts.tokens += ids.length;
      const textBytes = Buffer.byteLength(text);
      await (isChat ? writer.addWhole(ids, textBytes) : writer.addDocument(ids, textBytes));
    },
  };
}

function withoutText(folder: string, problems: readonly FileOutcome[]): KibanError {
  const shown = problems.slice(0, 5).map(describeOutcome);
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
