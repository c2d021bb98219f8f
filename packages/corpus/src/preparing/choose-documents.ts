// SPDX-License-Identifier: Apache-2.0
import { type DuplicateDecisions, type DuplicateVerdict, findDuplicates } from '../deduplicating/find-duplicates.ts';
import { recordBytes, recordOffsets } from '../deduplicating/partition-format.ts';
import { FingerprintReader } from '../deduplicating/partition-reader.ts';
import { splitPlace } from './document.ts';
import type { HeldOutRegister } from './held-out-register.ts';
import type { SegmentManifest } from './segment.ts';
import { type SegmentStore, segmentDamaged } from './segment-store.ts';

/** What is decided of each document of a data set, by its number over all segments. */
export interface DocumentChoice {
  verdict(ordinal: number): DuplicateVerdict;
  /**
   * 0 to 999, or -1 for what was held out before: the least of its duplicates' places, so that no near copy of a held-out document is trained on,
   * whichever of them is kept.
   */
  place(ordinal: number): number;
  /** Digests of paragraphs to cut. */
  readonly boilerplate: ReadonlySet<string>;
  readonly nearDuplicates: number;
  readonly exactDuplicates: number;
}

const heldOutBefore = -1;

/**
 * Decides over the fingerprints alone, without a text in memory. Memory: that of {@link findDuplicates} and 2 bytes per document.
 * @throws KibanError `segment-damaged` when fingerprints are not those of the documents beside them, `fingerprints-damaged`; the signal's reason
 */
export async function chooseDocuments(
  store: SegmentStore,
  segments: readonly SegmentManifest[],
  source: string,
  register: HeldOutRegister,
  signal: AbortSignal | undefined,
): Promise<DocumentChoice> {
  const reader = new FingerprintReader(store.fingerprintFolders(segments));
  try {
    for (const [index, { from, to }] of reader.sources().entries()) {
      const { unit, files } = segments[index]!;
      if (to - from !== files.reduce((sum, file) => sum + file.documents, 0)) throw segmentDamaged(unit, store.folder);
    }
    const decisions = await findDuplicates(reader, { ...(signal === undefined ? {} : { signal }) });
    const places = await leastPlaces(reader, decisions, register, signal);
    return {
      verdict: decisions.verdict,
      place: (ordinal) => places[decisions.keeper(ordinal)]!,
      boilerplate: decisions.boilerplate.get(source) ?? new Set(),
      nearDuplicates: decisions.counts.nearDuplicates,
      exactDuplicates: decisions.counts.exactDuplicates,
    };
  } finally {
    reader.close();
  }
}

/** By the number of the document that is kept of each cluster. */
async function leastPlaces(
  reader: FingerprintReader,
  decisions: DuplicateDecisions,
  register: HeldOutRegister,
  signal: AbortSignal | undefined,
): Promise<Int16Array> {
  const places = new Int16Array(reader.documents).fill(1_000);
  for await (const { first, count, records } of reader.records()) {
    signal?.throwIfAborted();
    for (let index = 0; index < count; index += 1) {
      const at = index * recordBytes + recordOffsets.digest;
      const digest = records.toString('hex', at, at + 16);
      const place = register.has(digest) ? heldOutBefore : splitPlace(digest);
      const keeper = decisions.keeper(first + index);
      if (place < places[keeper]!) places[keeper] = place;
    }
  }
  return places;
}
