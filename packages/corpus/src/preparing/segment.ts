// SPDX-License-Identifier: Apache-2.0
import { digestSchema } from '@kiban/core';
import * as z from 'zod';
import type { FileOutcome } from '../reading/file-outcome.ts';
import type { RecordContent } from '../reading/text-record.ts';

/** A file as it was when it was read: another size, time or inode means that it is looked at again. */
export const fileIdentitySchema = z.strictObject({
  path: z.string().min(1),
  bytes: z.int().nonnegative(),
  /** Milliseconds since 1970, with a fraction where the file system has it. */
  modifiedAtMs: z.number().nonnegative(),
  /** Device and number of the file, as the listing gives it. */
  inode: z.string(),
});
export type FileIdentity = z.infer<typeof fileIdentitySchema>;

const countsSchema = z.record(z.string(), z.int().nonnegative());

/**
 * Sidecar `UNIT.json` of a segment `UNIT.jsonl.zst` and its fingerprints in `UNIT.fp/`: which files they cover and what became of them. Written last: without it there is no segment.
 * Holds counts and places, never text.
 */
export const segmentManifestSchema = z.strictObject({
  version: z.literal(1),
  unit: z.string(),
  /** Digest of everything that decides what a document becomes; see `pipelineDigest`. */
  pipeline: digestSchema,
  files: z.array(
    z.strictObject({
      identity: fileIdentitySchema,
      outcome: z.custom<FileOutcome>((value) => typeof value === 'object' && value !== null),
      /** Documents in the segment, one line each, in the order of the files. */
      documents: z.int().nonnegative(),
      /** Documents that ended here, by reason. */
      dropped: countsSchema,
      /** Rules of the quality profile that documents missed; a document may miss several. */
      qualityRules: countsSchema,
      /** Personal data found, by `class/action`. */
      personalData: countsSchema,
    }),
  ),
  /** SHA-256 of the `.jsonl.zst`. */
  sha256: digestSchema,
});
export type SegmentManifest = z.infer<typeof segmentManifestSchema>;
export type SegmentFile = SegmentManifest['files'][number];

/** One line of a segment: a document after profile and personal-data engine. Private: segments are readable by their owner alone. */
export interface SegmentDocument {
  readonly id: string;
  readonly path: string;
  readonly offset: number;
  /** 0 for a document or its first piece; pieces of one document follow each other. */
  readonly part: number;
  readonly content: RecordContent;
  /** What makes two documents duplicates: SHA-256 of kind, roles and text after the profile, before anything was masked. */
  readonly digest: string;
}

/** Files of a segment inside the store's folder. */
export function segmentNames(unit: string) {
  return {
    manifest: `${unit}.json`,
    documents: `${unit}.jsonl.zst`,
    /** A partition of fingerprints: document n of the segment is record n. */
    fingerprints: `${unit}.fp`,
    /** For the local engineer alone. */
    rejections: `${unit}.rejections`,
  } as const;
}

/** The unit whose fingerprints a path leads into; undefined for any other path. */
export function unitOfFingerprints(path: string): string | undefined {
  return /([0-9a-f]{32})\.fp(?:\/|$)/.exec(path)?.[1];
}
