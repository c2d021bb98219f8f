// SPDX-License-Identifier: Apache-2.0
import { findBoilerplate } from './boilerplate.ts';
import { KeyRuns } from './key-runs.ts';
import { bandCount, mixWord, rowsPerBand } from './min-hash.ts';
import { NearRunComparer } from './near-runs.ts';
import { hasSignatureFlag, recordBytes, recordHeadBytes, recordOffsets } from './partition-format.ts';
import type { FingerprintReader } from './partition-reader.ts';
import { UnionFind } from './union-find.ts';

export type DuplicateVerdict = 'kept' | 'exact-duplicate' | 'near-duplicate';

export interface DuplicateCounts {
  readonly documents: number;
  readonly kept: number;
  readonly exactDuplicates: number;
  readonly nearDuplicates: number;
  /** Pairs with an equal band whose signatures were compared, and those of them with .80 of the slots equal. */
  readonly comparedPairs: number;
  readonly confirmedPairs: number;
}

export interface DuplicateDecisions {
  readonly counts: DuplicateCounts;
  verdict(ordinal: number): DuplicateVerdict;
  /** Number of the document that is kept in place of this one; its own when it is kept. Names the cluster. */
  keeper(ordinal: number): number;
  /** Digests of paragraphs to cut from kept documents, by source. */
  readonly boilerplate: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface FindDuplicatesOptions {
  /** For keys of bands; the more fits, the fewer passes over the records. Default 256 MiB. */
  readonly bandMemoryBytes?: number;
  /** Of more documents with one band, each is compared with this many less one; default 2,049. Bounds the time that a common band can take. */
  readonly windowDocuments?: number;
  readonly signal?: AbortSignal;
}

const verdicts: readonly DuplicateVerdict[] = ['kept', 'exact-duplicate', 'near-duplicate'];
const exact = 1;
const near = 2;
/** In the state, until verdicts are given: is in a cluster with others. */
const clustered = 4;

/**
 * Decides which documents of one member are kept: first one of each set of equal texts (highest tier, then smallest id), then of each cluster of
 * near duplicates the one with the highest tier, then the longest, then with the smallest digest. A cluster is what confirmed pairs connect, so
 * its ends may be less alike than .80. The decisions depend on the set of documents alone, not on partitions or order.
 *
 * Memory: 17 bytes per document (17 MB per million), plus 8 per document for each band looked at in one pass: with the default and 10 million
 * documents three bands at once, 5 passes, 420 MB in all. Above 33 million documents one band at a time. Disk is read 19 times at most, the first time to
 * compare every batch with its digest.
 * @throws KibanError `fingerprints-damaged`; the signal's reason
 */
export async function findDuplicates(
  reader: FingerprintReader,
  options: FindDuplicatesOptions = {},
): Promise<DuplicateDecisions> {
  await reader.verify(options.signal);
  const state = new Uint8Array(reader.documents);
  const keepers = new Uint32Array(reader.documents);
  for (let ordinal = 0; ordinal < keepers.length; ordinal += 1) keepers[ordinal] = ordinal;
  await dropExact(reader, state, keepers, options.signal);

  const sets = new UnionFind(reader.documents);
  const comparer = new NearRunComparer(reader, sets, options.windowDocuments ?? 2_049);
  const perPass = Math.max(1, Math.floor((options.bandMemoryBytes ?? 256 << 20) / (8 * Math.max(1, reader.documents))));
  for (let firstBand = 0; firstBand < bandCount; firstBand += perPass) {
    const bands = Array.from({ length: Math.min(perPass, bandCount - firstBand) }, (_, index) => firstBand + index);
    const keys = await bandKeys(reader, bands, state, options.signal);
    for (const band of bands)
      for (const run of keys[band - firstBand]!.runs()) {
        options.signal?.throwIfAborted();
        comparer.compare(band, run);
      }
  }
  keepBest(reader, sets, state, keepers);

  const boilerplate = new Map<string, ReadonlySet<string>>();
  for (const source of new Set(reader.sources().map((run) => run.source)))
    boilerplate.set(source, await findBoilerplate(reader, source, (ordinal) => state[ordinal] === 0));
  const count = (verdict: number) => state.reduce((sum, own) => sum + (own === verdict ? 1 : 0), 0);
  return {
    counts: {
      documents: reader.documents,
      kept: count(0),
      exactDuplicates: count(exact),
      nearDuplicates: count(near),
      comparedPairs: comparer.comparedPairs,
      confirmedPairs: comparer.confirmedPairs,
    },
    verdict: (ordinal) => verdicts[state[ordinal]!]!,
    keeper: (ordinal) => {
      // A copy points to the one kept of its copies, which may be a near duplicate of another.
      const first = keepers[ordinal]!;
      return keepers[first]!;
    },
    boilerplate,
  };
}

async function dropExact(
  reader: FingerprintReader,
  state: Uint8Array,
  keepers: Uint32Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const keys = new KeyRuns(reader.documents);
  for await (const { first, count, records } of reader.records()) {
    signal?.throwIfAborted();
    for (let index = 0; index < count; index += 1)
      keys.add(records.readUInt32LE(index * recordBytes + recordOffsets.digest), first + index);
  }
  const record = Buffer.alloc(recordHeadBytes);
  for (const run of keys.runs()) {
    const kept = new Map<string, { readonly ordinal: number; readonly tier: number; readonly id: string }>();
    for (const ordinal of run) {
      reader.readRecord(ordinal, record);
      const digest = record.toString('latin1', recordOffsets.digest, recordOffsets.length);
      const own = { ordinal, tier: record[recordOffsets.tier]!, id: record.toString('hex', 0, recordOffsets.digest) };
      const other = kept.get(digest);
      if (other === undefined || own.tier > other.tier || (own.tier === other.tier && own.id < other.id))
        kept.set(digest, own);
    }
    for (const ordinal of run) {
      reader.readRecord(ordinal, record);
      const keeper = kept.get(record.toString('latin1', recordOffsets.digest, recordOffsets.length))!.ordinal;
      if (keeper === ordinal) continue;
      state[ordinal] = exact;
      keepers[ordinal] = keeper;
    }
  }
}

/** Keys of some bands of all documents that still count: two with an equal band have an equal key, and by chance 1 pair in 2^32 more. */
async function bandKeys(
  reader: FingerprintReader,
  bands: readonly number[],
  state: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<KeyRuns[]> {
  const keys = bands.map(() => new KeyRuns(reader.documents));
  for await (const { first, count, records } of reader.records()) {
    signal?.throwIfAborted();
    for (let index = 0; index < count; index += 1) {
      const start = index * recordBytes;
      if (state[first + index] === exact || (records[start + recordOffsets.flags]! & hasSignatureFlag) === 0) continue;
      for (const [place, band] of bands.entries()) {
        let key = 0;
        const from = start + recordOffsets.signature + band * rowsPerBand * 4;
        for (let row = 0; row < rowsPerBand; row += 1)
          key = mixWord((Math.imul(key, 0x01000193) ^ records.readInt32LE(from + 4 * row)) >>> 0);
        keys[place]!.add(key, first + index);
      }
    }
  }
  return keys;
}

function keepBest(reader: FingerprintReader, sets: UnionFind, state: Uint8Array, keepers: Uint32Array): void {
  for (let ordinal = 0; ordinal < state.length; ordinal += 1) {
    const root = sets.find(ordinal);
    if (root !== ordinal) {
      state[root]! |= clustered;
      state[ordinal]! |= clustered;
    }
  }
  // The representative of a cluster holds its best member so far.
  const [own, best] = [Buffer.alloc(recordHeadBytes), Buffer.alloc(recordHeadBytes)];
  for (let ordinal = 0; ordinal < state.length; ordinal += 1) {
    const root = sets.find(ordinal);
    if (state[ordinal] !== clustered || root === ordinal) continue;
    reader.readRecord(ordinal, own);
    reader.readRecord(keepers[root]!, best);
    if (isBetter(own, best)) keepers[root] = ordinal;
  }
  for (let ordinal = 0; ordinal < state.length; ordinal += 1) {
    const root = sets.find(ordinal);
    if (state[ordinal] === clustered && root !== ordinal) keepers[ordinal] = keepers[root]!;
  }
  for (let ordinal = 0; ordinal < state.length; ordinal += 1)
    if (state[ordinal] === clustered) state[ordinal] = keepers[ordinal] === ordinal ? 0 : near;
}

function isBetter(own: Buffer, other: Buffer): boolean {
  const { tier, length, digest } = recordOffsets;
  if (own[tier] !== other[tier]) return own[tier]! > other[tier]!;
  const [ownLength, otherLength] = [own.readUInt32LE(length), other.readUInt32LE(length)];
  if (ownLength !== otherLength) return ownLength > otherLength;
  return own.compare(other, digest, digest + 16, digest, digest + 16) < 0;
}
