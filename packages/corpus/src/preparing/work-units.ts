// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Sha256Digest, sha256Hex } from '@kiban/core';
import type { FileIdentity } from './segment.ts';

/** Files that are prepared together into one segment. */
export interface WorkUnit {
  /** Depends on the pipeline and on the files alone, so that whoever repeats a unit writes the same segment under the same name. */
  readonly name: string;
  readonly files: readonly FileIdentity[];
}

/** A unit ends when it has so much, whatever comes first. */
export interface UnitLimits {
  readonly bytes: number;
  readonly files: number;
}

/** Small enough to be repeated after a crash, large enough for one fsync. */
const defaultUnitLimits: UnitLimits = { bytes: 32 * 1024 * 1024, files: 2_000 };

/** Cuts files, in their order, into units. A file larger than a unit is one of its own. */
export function cutIntoUnits(
  files: readonly FileIdentity[],
  pipeline: Sha256Digest,
  limits = defaultUnitLimits,
): WorkUnit[] {
  const units: WorkUnit[] = [];
  let open: FileIdentity[] = [];
  let bytes = 0;
  const close = () => {
    if (open.length > 0) units.push({ name: unitName(open, pipeline), files: open });
    open = [];
    bytes = 0;
  };
  for (const file of files) {
    if (open.length >= limits.files || (open.length > 0 && bytes + file.bytes > limits.bytes)) close();
    open.push(file);
    bytes += file.bytes;
  }
  close();
  return units;
}

/** 32 hexadecimal characters. */
export function unitName(files: readonly FileIdentity[], pipeline: Sha256Digest): string {
  return sha256Hex(canonicalJson({ pipeline, files })).slice(0, 32);
}
