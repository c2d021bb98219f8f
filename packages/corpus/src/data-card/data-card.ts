// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type OrganisationId, sha256Hex } from '@kiban/core';
import { type DataCard, type DataClass, dataCardSchema } from '@kiban/protocol';
import type { ShardIndex } from '../packing/shard-index.ts';
import type { FilesReport, PrepareReport } from '../preparing/prepare-report.ts';
import { isPacked } from '../preparing/report-file.ts';

/** On which terms an organisation holds a data set. */
export interface DataSetTerms {
  readonly organisation: OrganisationId;
  readonly dataSet: string;
  readonly dataClass: DataClass;
  /** Licence, or the legal basis of the use. */
  readonly basis: string;
  readonly purpose: string;
}

/**
 * What may be said of a data set, from the report of its preparation. Numbers, codes of ours and the terms; no text, no file name, no path.
 * @param preparedAtMs milliseconds since 1970
 */
export function dataCardOf(terms: DataSetTerms, report: FilesReport | PrepareReport, preparedAtMs: number): DataCard {
  const packed = isPacked(report) ? report : undefined;
  const { total, kept, partlyKept, refused, bytes, byFormat, byEncoding, byRefusal } = report.files;
  const { organisation, dataSet, dataClass, basis, purpose } = terms;
  return dataCardSchema.parse({
    version: 1,
    organisation,
    dataSet,
    dataClass,
    basis,
    purpose,
    preparedAt: new Date(preparedAtMs).toISOString(),
    reportDigest: reportDigest(report),
    fullCardDigest: null,
    counts: {
      files: { total, kept, partlyKept, refused, bytes },
      preparedDocuments: report.preparedDocuments,
      dropped: sum(report.dropped),
      personalData: sum(report.personalData),
      packed: packed === undefined ? null : packedCounts(packed),
    },
    details: {
      pipeline: { digest: report.pipeline, profile: report.profile, icu: report.icu, unicode: report.unicode },
      composition: { byFormat: codes(byFormat), byEncoding: codes(byEncoding) },
      refusedFiles: codes(byRefusal),
      faults: codes(report.faults),
      droppedDocuments: codes(report.dropped),
      qualityRules: codes(inKebabCase(report.qualityRules)),
      personalData: codes(report.personalData),
      packing:
        packed === undefined
          ? null
          : {
              tokenizer: packed.tokenizerDigest,
              sequenceLength: packed.sequenceLength,
              heldOutPerMille: packed.heldOutPerMille,
              training: shardOf(packed.shards.training),
              heldOut: shardOf(packed.shards.heldOut),
            },
    },
  });
}

/** What ties a card to its report. */
export function reportDigest(report: FilesReport | PrepareReport) {
  return sha256Hex(canonicalJson(report));
}

function packedCounts(report: PrepareReport): NonNullable<DataCard['counts']['packed']> {
  const { documents, chats, characters, tokens, training, heldOut } = report;
  const duplicates = report.duplicates + report.nearDuplicates;
  const [trainingTokens, heldOutTokens] = [training.tokens, heldOut.tokens];
  return { documents, chats, duplicates, characters, tokens, trainingTokens, heldOutTokens };
}

function shardOf({ sha256, count, sequenceLength, tokenBytes, documents, tokens }: ShardIndex) {
  return { sha256, byteLength: count * (sequenceLength + 1) * tokenBytes, rows: count, documents, tokens };
}

function inKebabCase(counts: Readonly<Record<string, number>>): Record<string, number> {
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(counts).map(([name, times]) => [kebab(name), times]));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}

/** A name that is none of our codes (a company's own class of personal data) could tell something: it is counted as `other`. */
function codes(counts: Readonly<Partial<Record<string, number>>>): Record<string, number> {
  const kept: Record<string, number> = {};
  for (const [name, times] of Object.entries(counts)) {
    const code = /^[a-z0-9][a-z0-9-]{0,59}(\/[a-z0-9-]{1,20})?$/.test(name) ? name : 'other';
    kept[code] = (kept[code] ?? 0) + (times ?? 0);
  }
  return kept;
}
