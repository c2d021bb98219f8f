// SPDX-License-Identifier: Apache-2.0
import type { Sha256Digest } from '@kiban/core';
import type { TextRecord } from '../reading/text-record.ts';
import { prepareDocument } from './document.ts';
import { type PipelineSettings, pipelineDigest } from './pipeline-settings.ts';
import type { SegmentDocument } from './segment.ts';

/** Why a document ended before it was stored. */
export type DropReason = 'empty-after-profile';

export type PreparedRecord =
  | {
      readonly kind: 'kept';
      readonly document: SegmentDocument;
      readonly personalData: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'dropped'; readonly reason: DropReason; readonly personalData: Readonly<Record<string, number>> };

/** Makes of a record what is stored of it. The same record and settings give the same document in every thread and process. */
export class DocumentPreparer {
  readonly settings: PipelineSettings;
  readonly pipeline: Sha256Digest;

  constructor(settings: PipelineSettings) {
    this.settings = settings;
    this.pipeline = pipelineDigest(settings);
  }

  prepare(record: TextRecord): PreparedRecord {
    const { id, path, offset, part } = record;
    const { content, text, digest } = prepareDocument(record.content.open(), this.settings.profile);
    if (text.trim() === '') return { kind: 'dropped', reason: 'empty-after-profile', personalData: {} };
    return { kind: 'kept', document: { id, path, offset, part, content, digest, labels: {} }, personalData: {} };
  }
}
