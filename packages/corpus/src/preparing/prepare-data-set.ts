// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KibanError, type Sha256Digest, sha256Hex, writeFileDurably } from '@kiban/core';
import { normalise, type ProfileName } from '../normalising/profiles.ts';
import { createShardWriter, type ShardWriter } from '../packing/shard-writer.ts';
import type { FaultReason, FileOutcome, RefusalReason } from '../reading/file-outcome.ts';
import { listFolder } from '../reading/list-folder.ts';
import { readFolder } from '../reading/read-folder.ts';
import type { RecordContent, TextEncoding } from '../reading/text-record.ts';
import { specialIds } from '../tokenizer/special-tokens.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { PrepareProgress, PrepareReport } from './prepare-report.ts';

export interface PrepareOptions {
  readonly folder: string;
  /** Name of the data set. */
  readonly source: string;
  readonly tokenizer: Tokenizer;
  readonly profile?: ProfileName;
  readonly sequenceLength: number;
  /** Documents out of a thousand that are kept for evaluation; which ones depends on their text alone, so no later run can train on them. */
  readonly heldOutPerMille: number;
  /** Gets `training.bin`, `heldout.bin`, their sidecars and `report.json`. */
  readonly outputDirectory: string;
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly signal?: AbortSignal;
}

export const trainingShardName = 'training.bin';
export const heldOutShardName = 'heldout.bin';
const listedProblems = 1_000;

/** From a folder of documents to token shards: read, normalise, drop exact duplicates, split off the held-out side, encode, pack. */
export async function prepareDataSet(options: PrepareOptions): Promise<PrepareReport> {
  const { tokenizer, sequenceLength, outputDirectory } = options;
  const profile = options.profile ?? 'kiban-ja-1';
  const listing = await listFolder(options.folder);
  await mkdir(outputDirectory, { recursive: true });
  const open = (name: string) =>
    createShardWriter({
      path: join(outputDirectory, name),
      sequenceLength,
      vocabularySize: tokenizer.vocabularySize,
      tokenizerDigest: tokenizer.digest,
    });
  const sides = { training: newSide(await open(trainingShardName)), heldOut: newSide(await open(heldOutShardName)) };
  const counts = {
    byEncoding: {} as Partial<Record<TextEncoding, number>>,
    byRefusal: {} as Partial<Record<RefusalReason, number>>,
    faults: {} as Partial<Record<FaultReason, number>>,
    kept: 0,
    partlyKept: 0,
    refused: 0,
    chats: 0,
    duplicates: 0,
    empty: 0,
  };
  const problems: FileOutcome[] = [];
  const seen = new Set<string>();
  const progress = {
    files: 0,
    filesTotal: listing.files.length,
    bytesRead: 0,
    bytesTotal: listing.bytesTotal,
    documents: 0,
    tokens: 0,
  };
  // Held back until a second document shows that one can be spared: a set of one document has no held-out side.
  let firstDocument: { readonly content: RecordContent; readonly digest: string } | undefined;

  try {
    const items = readFolder(options.folder, {
      source: options.source,
      signal: options.signal,
      onBytes: (bytes) => {
        progress.bytesRead += bytes;
        options.onProgress?.({ ...progress });
      },
    });
    for await (const item of items) {
      if (item.kind === 'file') {
        account(item.outcome);
        continue;
      }
      const content = normaliseContent(item.record.content.open(), profile);
      const text = textOf(content);
      if (text.trim() === '') {
        counts.empty += 1;
        continue;
      }
      const digest = sha256Hex(`${content.kind}\n${text}`);
      if (seen.has(digest)) {
        counts.duplicates += 1;
        continue;
      }
      seen.add(digest);
      firstDocument ??= { content, digest };
      await add(content, isHeldOut(digest, options.heldOutPerMille) ? sides.heldOut : sides.training);
    }
    if (sides.training.documents === 0) throw nothingUsable(options.folder, problems);
    if (sides.heldOut.documents === 0 && options.heldOutPerMille > 0 && firstDocument !== undefined)
      await add(firstDocument.content, sides.heldOut);
    const shards = { training: await sides.training.writer.finish(), heldOut: await sides.heldOut.writer.finish() };
    const characters = sides.training.characters + sides.heldOut.characters;
    const tokens = sides.training.tokens + sides.heldOut.tokens;
    const report: PrepareReport = {
      version: 1,
      profile,
      tokenizerDigest: tokenizer.digest as Sha256Digest,
      icu: process.versions.icu ?? '',
      unicode: process.versions.unicode ?? '',
      files: {
        total: listing.files.length,
        kept: counts.kept,
        partlyKept: counts.partlyKept,
        refused: counts.refused,
        bytes: listing.bytesTotal,
        byEncoding: counts.byEncoding,
        byRefusal: counts.byRefusal,
      },
      faults: counts.faults,
      documents: sides.training.documents + sides.heldOut.documents,
      chats: counts.chats,
      duplicates: counts.duplicates,
      emptyDocuments: counts.empty,
      characters,
      tokens,
      charactersPerToken: tokens === 0 ? 0 : characters / tokens,
      training: sideReport(sides.training),
      heldOut: sideReport(sides.heldOut),
      shards,
      problems,
    };
    await writeFileDurably(join(outputDirectory, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    return report;
  } catch (error) {
    await sides.training.writer.discard();
    await sides.heldOut.writer.discard();
    throw error;
  }

  async function add(content: RecordContent, side: Side): Promise<void> {
    const text = textOf(content);
    const textBytes = Buffer.byteLength(text);
    const ids =
      content.kind === 'chat'
        ? [...tokenizer.encodeChat(content.messages), specialIds.end]
        : [specialIds.begin, ...tokenizer.encode(text), specialIds.end];
    if (content.kind === 'chat') {
      counts.chats += 1;
      await side.writer.addWhole(ids, textBytes);
    } else await side.writer.addDocument(ids, textBytes);
    side.documents += 1;
    side.characters += text.length;
    side.tokens += ids.length;
    progress.documents += 1;
    progress.tokens += ids.length;
  }

  function account(outcome: FileOutcome): void {
    progress.files += 1;
    if (outcome.status === 'kept') counts.kept += 1;
    else {
      if (outcome.status === 'refused') counts.refused += 1;
      else counts.partlyKept += 1;
      if (problems.length < listedProblems) problems.push(outcome);
    }
    if (outcome.encoding !== null) counts.byEncoding[outcome.encoding] = (counts.byEncoding[outcome.encoding] ?? 0) + 1;
    if (outcome.reason !== null) counts.byRefusal[outcome.reason] = (counts.byRefusal[outcome.reason] ?? 0) + 1;
    for (const fault of outcome.faults) counts.faults[fault.reason] = (counts.faults[fault.reason] ?? 0) + 1;
    options.onProgress?.({ ...progress });
  }
}

/** The texts of a folder, normalised; for training a tokenizer. */
export async function* readTexts(folder: string, profile: ProfileName = 'kiban-ja-1'): AsyncGenerator<string> {
  for await (const item of readFolder(folder, { source: 'texts' }))
    if (item.kind === 'record') yield textOf(normaliseContent(item.record.content.open(), profile));
}

interface Side {
  readonly writer: ShardWriter;
  documents: number;
  characters: number;
  tokens: number;
}

function newSide(writer: ShardWriter): Side {
  return { writer, documents: 0, characters: 0, tokens: 0 };
}

function sideReport({ documents, characters, tokens }: Side) {
  return { documents, characters, tokens };
}

function normaliseContent(content: RecordContent, profile: ProfileName): RecordContent {
  if (content.kind === 'text') return { kind: 'text', text: normalise(content.text, profile) };
  return {
    kind: 'chat',
    messages: content.messages.map((message) => ({ role: message.role, content: normalise(message.content, profile) })),
  };
}

function textOf(content: RecordContent): string {
  return content.kind === 'text' ? content.text : content.messages.map((message) => message.content).join('\n');
}

/** By the document's own digest: the same text is on the same side in every run and at every member. */
function isHeldOut(digest: string, perMille: number): boolean {
  return Number.parseInt(sha256Hex(`kiban/held-out/1\n${digest}`).slice(0, 8), 16) % 1_000 < perMille;
}

function nothingUsable(folder: string, problems: readonly FileOutcome[]): KibanError {
  const list = problems
    .slice(0, 5)
    .map((one) => `${one.path}: ${one.reason ?? one.status}${one.detail === null ? '' : ` (${one.detail})`}`);
  return new KibanError({
    code: 'folder-without-text',
    status: 422,
    title: { ja: '学習に使える文書がありません', en: 'There is no document to train on' },
    detail: {
      ja: `${folder} から使える文書が得られませんでした。\n${list.join('\n')}`,
      en: `Nothing usable was found in ${folder}.\n${list.join('\n')}`,
    },
  });
}
