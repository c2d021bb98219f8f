// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { KibanError, type Localised } from '@kiban/core';
import { bandCount } from '../deduplicating/min-hash.ts';
import { tokenBytes } from './band-tokens.ts';

/** One entry of an upload: a token, then the document's opaque number, u32 big-endian. */
export const entryBytes: number = tokenBytes + 4;
/** An upload has a power of two of documents, at least this many: what is not there is padded with random tokens. */
export const leastUploadDocuments = 1_024;
/** 147 MB. More documents than this go in several epochs, each with a key of its own. */
export const mostUploadDocuments: number = 1 << 19;

export interface TokenUpload {
  /**
   * 14 entries of {@link entryBytes} per document, in ascending order of their bytes: neither order, number nor count says where a document is
   * from or how many there are, but for the power of two.
   */
  readonly bytes: Uint8Array;
  /** Opaque number of each document, in the order they were given. Stays with the member. */
  readonly numbers: Uint32Array;
}

/**
 * Makes a member's upload. The numbers are drawn anew each time, and so are the padding's tokens: a hub without the key cannot tell them from others.
 * @param documents 14 tokens each, see `crossMemberTokens`; at most {@link mostUploadDocuments}
 */
export function makeTokenUpload(
  documents: readonly Uint8Array[],
  random: (byteLength: number) => Uint8Array = randomBytes,
): TokenUpload {
  if (documents.length > mostUploadDocuments) throw new RangeError(`${documents.length} documents in one upload`);
  let size = leastUploadDocuments;
  while (size < documents.length) size *= 2;
  const order = drawnOrder(size, random);
  const bytes = Buffer.alloc(size * bandCount * entryBytes);
  const documentBytes = bandCount * tokenBytes;
  const padding = random((size - documents.length) * documentBytes);
  for (let index = 0; index < size; index += 1) {
    const padded = (index - documents.length) * documentBytes;
    const tokens = documents[index] ?? padding.subarray(padded, padded + documentBytes);
    if (tokens.length !== documentBytes) throw new RangeError(`${tokens.length} bytes of tokens`);
    for (let band = 0; band < bandCount; band += 1) {
      const at = (index * bandCount + band) * entryBytes;
      bytes.set(tokens.subarray(band * tokenBytes, (band + 1) * tokenBytes), at);
      bytes.writeUInt32BE(order[index]!, at + tokenBytes);
    }
  }
  return { bytes: sortedEntries(bytes), numbers: order.slice(0, documents.length) };
}

/** Number of documents of an upload that is in order; else says what is wrong. @throws KibanError `duplicate-tokens-invalid` (422) */
export function checkTokenUpload(bytes: Uint8Array): number {
  const documents = bytes.length / (bandCount * entryBytes);
  if (!Number.isInteger(documents) || (documents & (documents - 1)) !== 0)
    throw invalid({ ja: '文書数が 2 の累乗ではありません', en: 'the number of documents is no power of two' });
  if (documents < leastUploadDocuments || documents > mostUploadDocuments)
    throw invalid({
      ja: `文書数は ${leastUploadDocuments} から ${mostUploadDocuments} までです`,
      en: `an upload has ${leastUploadDocuments} to ${mostUploadDocuments} documents`,
    });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const seen = new Uint8Array(documents);
  for (let at = 0; at < bytes.length; at += entryBytes) {
    if (at > 0 && buffer.compare(buffer, at, at + entryBytes, at - entryBytes, at) > 0)
      throw invalid({ ja: '項目が順に並んでいません', en: 'the entries are not in order' });
    const number = buffer.readUInt32BE(at + tokenBytes);
    if (number >= documents) throw invalid({ ja: '番号が範囲外です', en: 'a number is out of range' });
    seen[number]! += 1;
    if (seen[number]! > bandCount)
      throw invalid({
        ja: `1 文書のトークンが ${bandCount} 個を超えています`,
        en: `a document has more than ${bandCount} tokens`,
      });
  }
  return documents;
}

/** Whether each document is kept, by the flags that came back for its number. @param flags one bit per number, 1 for kept, lowest bit first */
export function keptDocuments(flags: Uint8Array, numbers: Uint32Array): boolean[] {
  return Array.from(numbers, (number) => {
    if (number >= flags.length * 8)
      throw invalid({ ja: 'フラグが文書より少なくなっています', en: 'there are fewer flags than documents' });
    return ((flags[number >> 3]! >> (number & 7)) & 1) === 1;
  });
}

/** 0 to `size` - 1 in the order of drawn words of 53 bits. */
function drawnOrder(size: number, random: (byteLength: number) => Uint8Array): Uint32Array {
  const drawn = Buffer.from(random(8 * size));
  const words = Float64Array.from({ length: size }, (_, index) => drawn.readUIntBE(8 * index, 6));
  return Uint32Array.from({ length: size }, (_, index) => index).sort((left, right) => words[left]! - words[right]!);
}

/** By their first four bytes as numbers, then those few that have them in common by all bytes. */
function sortedEntries(bytes: Buffer): Uint8Array {
  const count = bytes.length / entryBytes;
  const keys = new BigUint64Array(count);
  const words = new Uint32Array(keys.buffer);
  for (let entry = 0; entry < count; entry += 1) {
    words[2 * entry] = entry;
    words[2 * entry + 1] = bytes.readUInt32BE(entry * entryBytes);
  }
  keys.sort();
  const sorted = new Uint8Array(bytes.length);
  for (let from = 0, to = 0; from < count; from = to) {
    while (to < count && words[2 * to + 1] === words[2 * from + 1]) to += 1;
    const entries = [words[2 * from]! * entryBytes];
    for (let other = from + 1; other < to; other += 1) entries.push(words[2 * other]! * entryBytes);
    if (entries.length > 1)
      entries.sort((left, right) => bytes.compare(bytes, right, right + entryBytes, left, left + entryBytes));
    for (const [index, at] of entries.entries()) bytes.copy(sorted, (from + index) * entryBytes, at, at + entryBytes);
  }
  return sorted;
}

function invalid(reason: Localised): KibanError {
  return new KibanError({
    code: 'duplicate-tokens-invalid',
    status: 422,
    title: { ja: '重複照合のトークンが正しくありません', en: 'The tokens for comparison are not valid' },
    detail: {
      ja: `重複照合のトークンを受け付けられません (${reason.ja})。ノードを更新して、やり直してください。`,
      en: `The tokens cannot be taken: ${reason.en}. Update the node and try again.`,
    },
  });
}
