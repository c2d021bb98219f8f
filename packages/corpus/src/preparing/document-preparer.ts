// SPDX-License-Identifier: Apache-2.0
import { Sealed, type Sha256Digest } from '@kiban/core';
import { applyFindings, defaultPolicy, detect, type PiiCounts, type Policy, parsePolicy } from '@kiban/pii';
import { type DocumentFingerprint, documentFingerprint } from '../deduplicating/document-fingerprint.ts';
import { judge, type QualityReason } from '../quality/judge.ts';
import { labelText, type TextKind } from '../quality/quality-labels.ts';
import { type FileFormat, formatOf } from '../reading/file-formats.ts';
import type { RecordContent, TextRecord } from '../reading/text-record.ts';
import { prepareDocument, textOf } from './document.ts';
import { type PipelineSettings, pipelineDigest } from './pipeline-settings.ts';
import type { SegmentDocument } from './segment.ts';

/** Why a document ended before it was stored. */
export type DropReason = 'empty-after-profile' | 'quality' | 'personal-data';

export interface KeptDocument {
  readonly kind: 'kept';
  readonly document: SegmentDocument;
  readonly fingerprint: DocumentFingerprint;
  readonly personalData: PiiCounts;
}

export interface DroppedDocument {
  readonly kind: 'dropped';
  readonly reason: DropReason;
  /** Rules of the quality profile that the text misses. */
  readonly rules: readonly QualityReason[];
  readonly text: Sealed<string>;
  readonly personalData: PiiCounts;
}

/** From so many characters on prose is judged as a document where nobody says what it is. */
const leastDocumentUnits = 1_000;
const rows: ReadonlySet<FileFormat | undefined> = new Set(['csv', 'tsv', 'jsonl', 'xlsx']);

/**
 * Makes of a record what is stored of it: profile, quality, personal data, fingerprint. The same record, settings and key give the same document in
 * every thread and process.
 */
export class DocumentPreparer {
  readonly settings: PipelineSettings;
  readonly pipeline: Sha256Digest;
  readonly #surrogateKey: Sealed<Uint8Array>;
  readonly #policy: Policy;

  /** @param surrogateKey of the node, 32 bytes @throws KibanError `config-invalid` for a policy that is not valid */
  constructor(settings: PipelineSettings, surrogateKey: Sealed<Uint8Array>) {
    this.settings = settings;
    this.pipeline = pipelineDigest(settings, surrogateKey);
    this.#surrogateKey = surrogateKey;
    const { personalDataPolicy } = settings;
    this.#policy = personalDataPolicy === null ? defaultPolicy : parsePolicy(personalDataPolicy, 'policy');
  }

  prepare(record: TextRecord): KeptDocument | DroppedDocument {
    const { id, path, offset, part } = record;
    const { content, text, digest } = prepareDocument(record.content.open(), this.settings.profile);
    const dropped = (reason: DropReason, rules: readonly QualityReason[], personalData: PiiCounts): DroppedDocument => {
      return { kind: 'dropped', reason, rules, text: new Sealed(text), personalData };
    };
    if (text.trim() === '') return dropped('empty-after-profile', [], {});
    const kind = content.kind === 'chat' ? undefined : this.#kindOf(path, text);
    if (kind !== undefined) {
      const { keep, reasons } = judge(labelText(text, kind), this.settings.quality);
      if (!keep) return dropped('quality', reasons, {});
    }
    const masked = this.#masked(content, digest);
    if (masked.content === undefined) return dropped('personal-data', [], masked.counts);
    return {
      kind: 'kept',
      document: { id, path, offset, part, content: masked.content, digest },
      fingerprint: fingerprintOf(masked.content, digest, kind),
      personalData: masked.counts,
    };
  }

  #kindOf(path: string, text: string): TextKind | undefined {
    const { kind } = this.settings;
    if (kind === 'record') return undefined;
    if (kind !== 'auto') return kind;
    if (rows.has(formatOf(path))) return undefined;
    return text.length >= leastDocumentUnits ? 'document' : 'log';
  }

  /** Surrogates are tied to the content, so that two copies of a document stay copies. */
  #masked(content: RecordContent, documentId: string): { content: RecordContent | undefined; counts: PiiCounts } {
    const counts: Record<string, Record<string, number>> = {};
    const mask = (text: string): string | undefined => {
      const applied = applyFindings(text, detect(text, this.#policy), {
        policy: this.#policy,
        surrogates: { key: this.#surrogateKey, documentId },
      });
      for (const [name, row] of Object.entries(applied.counts))
        for (const [action, count] of Object.entries(row)) {
          counts[name] ??= {};
          counts[name][action] = (counts[name][action] ?? 0) + count;
        }
      return applied.text;
    };
    if (content.kind === 'text') {
      const text = mask(content.text);
      return { content: text === undefined ? undefined : { kind: 'text', text }, counts };
    }
    const messages = content.messages.map(({ role, content: said }) => ({ role, content: mask(said) }));
    if (messages.some((message) => message.content === undefined)) return { content: undefined, counts };
    return {
      content: { kind: 'chat', messages: messages as { role: (typeof messages)[0]['role']; content: string }[] },
      counts,
    };
  }
}

/**
 * Copies are told by the digest of kind, roles and text. Only prose has a signature: two entries of a log that differ in one reading are not
 * duplicates of each other.
 */
function fingerprintOf(content: RecordContent, digest: string, kind: TextKind | undefined): DocumentFingerprint {
  const own = digest.slice(0, 32);
  if (kind === 'web' || kind === 'document') return { ...documentFingerprint(textOf(content)), digest: own };
  return { digest: own, length: textOf(content).length, paragraphs: [] };
}
