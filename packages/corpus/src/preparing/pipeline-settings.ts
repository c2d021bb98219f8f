// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Sha256Digest, sha256Hex } from '@kiban/core';
import type { ProfileName } from '@kiban/japanese';
import type { TextEncoding } from '../reading/text-record.ts';

/** Raised when the code makes something else of the same document: prepared documents of an older version are made anew. */
const pipelineVersion = 1;

/** What decides what a document becomes. Plain data: it goes to worker threads and into a digest. */
export interface PipelineSettings {
  /** Name of the data set, which record ids are made from. */
  readonly source: string;
  readonly profile: ProfileName;
  /** Encoding of legacy files whose bytes fit Shift_JIS and EUC-JP alike. */
  readonly encoding: TextEncoding | null;
}

/** What holds unless somebody says otherwise; everybody who prepares a data set needs the same. */
export function pipelineSettings(
  source: string,
  chosen: { readonly profile?: ProfileName | undefined; readonly encoding?: TextEncoding | undefined } = {},
): PipelineSettings {
  return { source, profile: chosen.profile ?? 'kiban-ja-1', encoding: chosen.encoding ?? null };
}

/** Names a pipeline: version, settings, and the Unicode tables of this Node, which decide on normalisation and word cuts. */
export function pipelineDigest(settings: PipelineSettings): Sha256Digest {
  const { icu = '', unicode = '' } = process.versions;
  return sha256Hex(canonicalJson({ version: pipelineVersion, icu, unicode, settings: { ...settings } }));
}
