// SPDX-License-Identifier: Apache-2.0
import { createHash, hash } from 'node:crypto';
import { KibanError } from '@kiban/core';
import { unicodeVersion } from '@kiban/japanese';
import * as z from 'zod';
import { signatureBytes } from './min-hash.ts';

/**
 * A partition is a folder that one worker fills with fingerprints of one source: `partition.json`, fixed records in `records.bin`, paragraph
 * digests in `paragraphs.bin`, and `commits.bin` with one entry per batch that is whole on disk. Integers are little-endian.
 *
 * Record, 492 bytes: id 16, digest 16, length u32, number of paragraph digests u32, tier u8, flags u8 (1: has a signature), 2 bytes of zero, 112
 * words of signature.
 * Paragraph, 8 bytes: the digest. Commit, 64 bytes: records u64, paragraphs u64, SHA-256 of the batch's records and paragraphs, first 16 bytes
 * of SHA-256 of the 48 bytes before.
 */
export const recordHeadBytes = 44;
export const recordBytes: number = recordHeadBytes + signatureBytes;
export const paragraphBytes = 8;
export const commitBytes = 64;
export const recordOffsets = {
  id: 0,
  digest: 16,
  length: 32,
  paragraphs: 36,
  tier: 40,
  flags: 41,
  signature: 44,
} as const;
export const hasSignatureFlag = 1;
export const fileNames = {
  header: 'partition.json',
  records: 'records.bin',
  paragraphs: 'paragraphs.bin',
  commits: 'commits.bin',
} as const;

const headerSchema = z.strictObject({
  format: z.literal('kiban-fingerprints'),
  version: z.literal(1),
  source: z.string(),
  /** Shadows of different Unicode versions are not compared. */
  unicode: z.string(),
});

export function partitionHeader(source: string): string {
  return `${JSON.stringify({ format: 'kiban-fingerprints', version: 1, source, unicode: unicodeVersion })}\n`;
}

/** The source that a header names. @throws KibanError `fingerprints-damaged`, `fingerprints-outdated` */
export function parseHeader(text: string, folder: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(folder);
  }
  const parsed = headerSchema.safeParse(value);
  if (!parsed.success) throw damaged(folder);
  if (parsed.data.unicode !== unicodeVersion) throw outdated(folder, parsed.data.unicode);
  return parsed.data.source;
}

/** What is whole on disk after a batch. */
export interface Commit {
  readonly records: number;
  readonly paragraphs: number;
  /** SHA-256 of the batch: its records, then its paragraphs. */
  readonly digest: Buffer;
}

export function encodeCommit(commit: Commit): Buffer {
  const entry = Buffer.alloc(commitBytes);
  entry.writeBigUInt64LE(BigInt(commit.records), 0);
  entry.writeBigUInt64LE(BigInt(commit.paragraphs), 8);
  commit.digest.copy(entry, 16);
  checkOf(entry).copy(entry, 48);
  return entry;
}

/** The commits up to the first one that is torn or makes no sense. */
export function decodeCommits(content: Buffer): Commit[] {
  const commits: Commit[] = [];
  let [records, paragraphs] = [0, 0];
  for (let at = 0; at + commitBytes <= content.length; at += commitBytes) {
    const entry = content.subarray(at, at + commitBytes);
    if (!checkOf(entry).equals(entry.subarray(48))) break;
    const next = { records: Number(entry.readBigUInt64LE(0)), paragraphs: Number(entry.readBigUInt64LE(8)) };
    if (next.records < records || next.paragraphs < paragraphs) break;
    ({ records, paragraphs } = next);
    commits.push({ ...next, digest: Buffer.from(entry.subarray(16, 48)) });
  }
  return commits;
}

export function batchDigest(records: Uint8Array, paragraphs: Uint8Array): Buffer {
  return createHash('sha256').update(records).update(paragraphs).digest();
}

function checkOf(entry: Buffer): Buffer {
  return hash('sha256', entry.subarray(0, 48), 'buffer').subarray(0, 16);
}

export function damaged(path: string): KibanError {
  return new KibanError({
    code: 'fingerprints-damaged',
    status: 500,
    title: { ja: '重複判定の記録が壊れています', en: 'Stored fingerprints are damaged' },
    detail: {
      ja: `${path} が壊れています。このフォルダーを削除して、データセットを準備し直してください。`,
      en: `${path} is damaged. Delete the folder and prepare the data set again.`,
    },
    extra: { path },
  });
}

function outdated(folder: string, unicode: string): KibanError {
  return new KibanError({
    code: 'fingerprints-outdated',
    status: 409,
    title: { ja: '重複判定の記録が古い版です', en: 'Stored fingerprints are of another version' },
    detail: {
      ja: `${folder} は Unicode ${unicode} で作られましたが、このノードは Unicode ${unicodeVersion} です。フォルダーを削除して、作り直してください。`,
      en: `${folder} was made with Unicode ${unicode}, this node has Unicode ${unicodeVersion}. Delete the folder and make it again.`,
    },
  });
}
