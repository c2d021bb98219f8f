// SPDX-License-Identifier: Apache-2.0
import { FrequentDigests } from './frequent-digests.ts';
import type { FingerprintReader } from './partition-reader.ts';

/** A paragraph in more than this share of a source's documents, and in more than {@link leastDocuments}, is boilerplate. */
const documentShare = 0.01;
const leastDocuments = 20;
const leastCounters = 4_096;

/**
 * Boilerplate of a source: digests (16 hexadecimal characters) of paragraphs of 30 characters or more that stand in over 1 % of its kept
 * documents and in over 20. Documents that are dropped do not count: many copies of one report do not make its text boilerplate. Exact, in three
 * passes over the records, in any order of arrival. Memory: 48 bytes times 100 times the mean number of such paragraphs per document (half a
 * megabyte for 100 of them), however many documents there are.
 */
export async function findBoilerplate(
  reader: FingerprintReader,
  source: string,
  isKept: (ordinal: number) => boolean,
): Promise<ReadonlySet<string>> {
  let documents = 0;
  for (const { source: own, from, to } of reader.sources())
    for (let ordinal = from; own === source && ordinal < to; ordinal += 1) if (isKept(ordinal)) documents += 1;
  const threshold = Math.max(leastDocuments, documentShare * documents);
  let paragraphs = 0;
  await reader.visitParagraphs(source, isKept, () => {
    paragraphs += 1;
  });
  const frequent = new FrequentDigests(Math.max(leastCounters, Math.ceil(paragraphs / threshold)));
  await reader.visitParagraphs(source, isKept, (high, low) => frequent.add(high, low));
  const counter = frequent.candidates();
  await reader.visitParagraphs(source, isKept, (high, low) => counter.count(high, low));
  return counter.above(threshold);
}
