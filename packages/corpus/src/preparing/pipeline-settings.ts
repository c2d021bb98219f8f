// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { canonicalJson, type Sealed, type Sha256Digest, sha256Hex } from '@kiban/core';
import type { ProfileName } from '@kiban/japanese';
import { kibanQuality1, type QualityProfile } from '../quality/quality-profile.ts';
import type { TextEncoding } from '../reading/text-record.ts';
import type { Preparation } from './preparation.ts';

/** Raised when the code makes something else of the same document: prepared documents of an older version are made anew. */
const pipelineVersion = 1;

/**
 * What the documents of a data set are, which decides how they are judged. `auto`: rows of tables are records, prose of 1,000 characters or
 * more is a `document`, shorter prose a `log`. `record`: rows and fields, not judged and kept as they are but for line ends.
 */
export const dataSetKinds = ['auto', 'web', 'document', 'log', 'record'] as const;
export type DataSetKind = (typeof dataSetKinds)[number];

/** What decides what a document becomes. Plain data: it goes to worker threads and into a digest. */
export interface PipelineSettings {
  /** Name of the data set, which record ids are made from. */
  readonly source: string;
  readonly kind: DataSetKind;
  readonly profile: ProfileName;
  /** Encoding of legacy files whose bytes fit Shift_JIS and EUC-JP alike. */
  readonly encoding: TextEncoding | null;
  /** Table of company characters, as it is written; null for none. */
  readonly privateUse: Preparation['privateUse'] | null;
  readonly quality: QualityProfile;
  /** Policy for personal data as YAML; null for the built-in one. */
  readonly personalDataPolicy: string | null;
}

/** What holds unless somebody says otherwise; everybody who prepares a data set needs the same. */
export function pipelineSettings(source: string, chosen: Preparation = {}): PipelineSettings {
  const { kind = 'auto', profile = kind === 'record' ? 'kiban-raw-1' : 'kiban-ja-1' } = chosen;
  return {
    source,
    kind,
    profile,
    encoding: chosen.encoding ?? null,
    privateUse: chosen.privateUse ?? null,
    quality: chosen.quality ?? kibanQuality1,
    personalDataPolicy: chosen.personalDataPolicy ?? null,
  };
}

/** Names a pipeline: version, settings, key, and the Unicode tables of this Node, which decide on normalisation and word cuts. */
export function pipelineDigest(settings: PipelineSettings, surrogateKey: Sealed<Uint8Array>): Sha256Digest {
  const { icu = '', unicode = '' } = process.versions;
  // With another key the same name gets another surrogate.
  const key = createHmac('sha256', surrogateKey.open()).update('kiban/pipeline-key/1').digest('hex');
  return sha256Hex(canonicalJson({ version: pipelineVersion, icu, unicode, key, settings: { ...settings } }));
}
