// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, digestSchema, writeFileDurably } from '@kiban/core';
import * as z from 'zod';
import { shardIndexSchema } from '../packing/shard-index.ts';
import type { FileOutcome } from '../reading/file-outcome.ts';
import type { FilesReport, PrepareReport } from './prepare-report.ts';

/** In the folder of prepared documents, and beside the shards of a programme. */
export const reportName = 'report.json';

const count = z.int().nonnegative();
const counts = z.record(z.string(), count);
const side = z.looseObject({ documents: count, characters: count, tokens: count });

const filesReportSchema = z.looseObject({
  version: z.literal(1),
  pipeline: digestSchema,
  profile: z.string(),
  icu: z.string(),
  unicode: z.string(),
  files: z.looseObject({
    total: count,
    kept: count,
    partlyKept: count,
    refused: count,
    bytes: count,
    byEncoding: counts,
    byFormat: counts,
    byRefusal: counts,
  }),
  faults: counts,
  dropped: counts,
  qualityRules: counts,
  personalData: counts,
  preparedDocuments: count,
  problems: z.array(z.custom<FileOutcome>((value) => typeof value === 'object' && value !== null)),
});

const filesPartSchema = z.object(filesReportSchema.shape);

const prepareReportSchema = filesReportSchema.extend({
  tokenizerDigest: digestSchema,
  sequenceLength: z.int().positive(),
  heldOutPerMille: count,
  documents: count,
  chats: count,
  duplicates: count,
  nearDuplicates: count,
  boilerplateParagraphs: count,
  characters: count,
  tokens: count,
  charactersPerToken: z.number(),
  training: side,
  heldOut: side,
  shards: z.strictObject({ training: shardIndexSchema, heldOut: shardIndexSchema }),
});

/** @returns undefined when there is none, or one of another version: it is made again then */
export async function readReport(path: string): Promise<FilesReport | PrepareReport | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    const packed = prepareReportSchema.safeParse(value);
    if (packed.success) return packed.data as PrepareReport;
    return filesReportSchema.parse(value) as FilesReport;
  } catch {
    return undefined;
  }
}

export function isPacked(report: FilesReport | PrepareReport): report is PrepareReport {
  return 'tokenizerDigest' in report;
}

export async function writeReport(folder: string, report: FilesReport | PrepareReport): Promise<void> {
  await writeFileDurably(join(folder, reportName), `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
}

/**
 * Stores what a preparation without packing found. A report of the same files that tells of tokens too is worth more, and stays.
 * @returns the report that holds
 */
export async function keepFilesReport(folder: string, report: FilesReport): Promise<FilesReport | PrepareReport> {
  const known = await readReport(join(folder, reportName));
  if (known !== undefined && canonicalJson(filesPart(known)) === canonicalJson(filesPart(report))) return known;
  await writeReport(folder, report);
  return report;
}

/** Without what packing adds. */
function filesPart(report: FilesReport) {
  return filesPartSchema.parse(report);
}
