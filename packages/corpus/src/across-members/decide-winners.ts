// SPDX-License-Identifier: Apache-2.0
import { createHmac, createSecretKey } from 'node:crypto';
import type { OrganisationId } from '@kiban/core';
import { tokenBytes } from './band-tokens.ts';
import { checkTokenUpload, entryBytes } from './token-upload.ts';

/** A token that two members or more have. */
interface SharedToken {
  /** The member whose document with it is kept; -1 as long as none is. Members of kept documents are never two. */
  keptBy: number;
}

interface Holder {
  readonly member: number;
  readonly number: number;
  readonly tokens: SharedToken[];
  /** Least HMAC of its shared tokens; the order in which documents are looked at. */
  rank: Buffer;
}

/**
 * The hub's part, a pure function: which documents each member keeps. Two documents of different members are copies when they have a token in
 * common. Documents are taken in the order of the least HMAC-SHA256(nonce, token ‖ member) over their shared tokens, and each is kept unless a copy
 * of it was: so of copies that agree in all bands exactly one is kept, every dropped document has a kept copy at another member, and in a chain
 * A~B~C either B is kept or A and C both are, never none. Documents of one member never drop each other.
 *
 * Nothing but the flags leaves: no partner, no count. The hub itself sees which numbers have equal tokens. Memory: the uploads, and about 1 kB per
 * document with a shared token.
 * @param uploads as made by `makeTokenUpload`, by member
 * @param nonce 32 bytes, new for each epoch, drawn after the uploads are in: nobody can choose tokens that win
 * @returns per member one bit per number, 1 for kept, lowest bit first
 * @throws KibanError `duplicate-tokens-invalid`
 */
export function decideWinners(
  uploads: ReadonlyMap<OrganisationId, Uint8Array>,
  nonce: Uint8Array,
): Map<OrganisationId, Uint8Array> {
  const members = [...uploads].sort(([left], [right]) => (left < right ? -1 : 1));
  const flags = members.map(([, bytes]) => new Uint8Array(checkTokenUpload(bytes) / 8).fill(0xff));
  const documents = sharedDocuments(members, nonce);
  documents.sort((left, right) => left.rank.compare(right.rank));
  for (const { member, number, tokens } of documents) {
    const hasKeptCopy = tokens.some((token) => token.keptBy >= 0 && token.keptBy !== member);
    if (hasKeptCopy) flags[member]![number >> 3]! &= ~(1 << (number & 7));
    else for (const token of tokens) token.keptBy = member;
  }
  return new Map(members.map(([member], index) => [member, flags[index]!]));
}

/** Every document with a token that another member has as well. */
function sharedDocuments(members: readonly (readonly [OrganisationId, Uint8Array])[], nonce: Uint8Array): Holder[] {
  const uploads = members.map(([, bytes]) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  const secret = createSecretKey(nonce);
  const positions = uploads.map(() => 0);
  const found = uploads.map(() => new Map<number, Holder>());
  for (;;) {
    const token = leastToken(uploads, positions);
    if (token === undefined) return found.flatMap((own) => [...own.values()]);
    const numbers = uploads.map((upload, member) => numbersOf(upload, positions, member, token));
    if (numbers.filter((own) => own.length > 0).length < 2) continue;
    const shared: SharedToken = { keptBy: -1 };
    for (const [member, own] of numbers.entries()) {
      if (own.length === 0) continue;
      const rank = createHmac('sha256', secret).update(token).update(members[member]![0]).digest();
      for (const number of own) {
        const holder = found[member]!.get(number) ?? { member, number, tokens: [], rank };
        found[member]!.set(number, holder);
        holder.tokens.push(shared);
        if (rank.compare(holder.rank) < 0) holder.rank = rank;
      }
    }
  }
}

function leastToken(uploads: readonly Buffer[], positions: readonly number[]): Buffer | undefined {
  let least: Buffer | undefined;
  let leastAt = 0;
  for (let member = 0; member < uploads.length; member += 1) {
    const upload = uploads[member]!;
    const at = positions[member]!;
    if (at >= upload.length || (least !== undefined && compareTokens(upload, at, least, leastAt) >= 0)) continue;
    least = upload;
    leastAt = at;
  }
  return least?.subarray(leastAt, leastAt + tokenBytes);
}

/** Numbers that a member has under a token; moves on behind them. */
function numbersOf(upload: Buffer, positions: number[], member: number, token: Buffer): number[] {
  const numbers: number[] = [];
  let at = positions[member]!;
  while (at < upload.length && compareTokens(upload, at, token, 0) === 0) {
    const number = upload.readUInt32BE(at + tokenBytes);
    // Entries are in order, so one that is there twice comes twice in a row.
    if (number !== numbers.at(-1)) numbers.push(number);
    at += entryBytes;
  }
  positions[member] = at;
  return numbers;
}

/** The first bytes nearly always decide. */
function compareTokens(left: Buffer, leftAt: number, right: Buffer, rightAt: number): number {
  const first = left.readUInt32BE(leftAt) - right.readUInt32BE(rightAt);
  if (first !== 0) return first;
  return left.compare(right, rightAt, rightAt + tokenBytes, leftAt, leftAt + tokenBytes);
}
