// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type OrganisationId, Sealed, SeededRandom } from '@kiban/core';
import { dedupShadow } from '@kiban/japanese';
import fc from 'fast-check';
import { minHashSignature } from '../deduplicating/min-hash-kernel.ts';
import { crossMemberTokens } from './band-tokens.ts';
import { decideWinners } from './decide-winners.ts';
import { checkTokenUpload, entryBytes, keptDocuments, makeTokenUpload } from './token-upload.ts';

const key = new Sealed(new Uint8Array(32));
const names = ['auto', 'bank', 'steel', 'telecom'] as OrganisationId[];

test('the published vector of a token', () => {
  const text = '第３高炉の溶銑温度が1,480℃まで低下したため、羽口からの微粉炭吹込み量を下げた。';
  const tokens = crossMemberTokens(minHashSignature(dedupShadow(text).text)!, key);
  assert.equal(Buffer.from(tokens.subarray(0, 16)).toString('hex'), 'f77d43f3a84d935b49d2eb9b57aa8f78');
  assert.equal(tokens.length, 224);
});

/** A document is 14 words, one per band; equal words are equal bands. */
type Bands = readonly number[];
const tokensOf = (bands: Bands, epoch = '') =>
  new Uint8Array(
    Buffer.concat(
      bands.map((word, band) => createHash('sha256').update(`${epoch} ${band} ${word}`).digest().subarray(0, 16)),
    ),
  );

function seededBytes(seed: number): (byteLength: number) => Uint8Array {
  return (byteLength) =>
    createHash('shake256', { outputLength: Math.max(1, byteLength) })
      .update(`${seed}`)
      .digest()
      .subarray(0, byteLength);
}

/** Whether each document of each member is kept. */
function decide(held: readonly (readonly Bands[])[], seed: number, nonce = Buffer.alloc(32, seed)): boolean[][] {
  const uploads = held.map((documents, member) =>
    makeTokenUpload(
      documents.map((own) => tokensOf(own)),
      seededBytes(seed + member),
    ),
  );
  const flags = decideWinners(new Map(uploads.map(({ bytes }, member) => [names[member]!, bytes])), nonce);
  return uploads.map(({ numbers }, member) => keptDocuments(flags.get(names[member]!)!, numbers));
}

// Few words per band, so that documents share some bands, and some all.
const bands = fc
  .tuple(fc.nat(3), fc.nat(40), fc.nat(2 ** 20))
  .map(([one, two, own]) => Array.from({ length: 14 }, (_, band) => (band === 0 ? one : band === 1 ? two : own)));
const holdings = fc.array(fc.array(bands, { maxLength: 5 }), { minLength: 2, maxLength: 4 });
const alike = (left: Bands, right: Bands) => left.some((word, band) => word === right[band]);

test('kept documents of different members share no token, and every dropped one has a kept copy at another member', () => {
  fc.assert(
    fc.property(holdings, fc.nat(1_000), (held, seed) => {
      const kept = decide(held, seed);
      for (const [member, documents] of held.entries())
        for (const [index, own] of documents.entries()) {
          const keptCopy = held.some(
            (others, other) => other !== member && others.some((one, place) => kept[other]![place] && alike(one, own)),
          );
          assert.equal(kept[member]![index], !keptCopy);
        }
    }),
    { numRuns: 20 },
  );
});

test('a document that several members hold is kept by exactly one, and each wins about as often', () => {
  const documents = Array.from({ length: 300 }, (_, index) => Array.from({ length: 14 }, () => index));
  for (const count of [2, 3, 4]) {
    const kept = decide(
      Array.from({ length: count }, () => documents),
      5,
    );
    for (const index of documents.keys()) assert.equal(kept.filter((own) => own[index]).length, 1);
    // Four standard deviations.
    for (const own of kept) assert.ok(Math.abs(own.filter(Boolean).length - 300 / count) < 4 * Math.sqrt(300 / count));
  }
});

test('of a chain A~B~C either B is kept or both ends are', () => {
  const make = (first: number, second: number, own: number) =>
    Array.from({ length: 14 }, (_, band) => [first, second][band] ?? own);
  const chain = [[make(1, 10, 100)], [make(1, 20, 200)], [make(2, 20, 300)]];
  const seen = new Set<string>();
  for (let seed = 0; seed < 20; seed += 1) seen.add(JSON.stringify(decide(chain, seed).flat()));
  assert.deepEqual([...seen].sort(), ['[false,true,false]', '[true,false,true]']);
});

test('flags depend on which tokens are equal alone: not on order, numbers, padding or tokens that nobody shares', () => {
  fc.assert(
    fc.property(holdings, fc.nat(1_000), (held, seed) => {
      const expected = decide(held, seed);
      const again = decide(held, seed + 7, Buffer.alloc(32, seed));
      assert.deepEqual(again, expected);
      const backwards = decide(
        held.map((own) => [...own].reverse()),
        seed,
      );
      assert.deepEqual(
        backwards.map((own) => [...own].reverse()),
        expected,
      );
      const shared = (word: number, band: number, member: number) =>
        held.some((others, other) => other !== member && others.some((one) => one[band] === word));
      const changed = held.map((own, member) =>
        own.map((document) => document.map((word, band) => (shared(word, band, member) ? word : word + 2 ** 21))),
      );
      assert.deepEqual(decide(changed, seed), expected);
    }),
    { numRuns: 10 },
  );
});

test('what comes back is the same bits for one partner as for three, and for nobody’s document as for a winner’s', () => {
  const document = Array.from({ length: 14 }, () => 1);
  const answers = new Map<string, Set<string>>();
  for (let seed = 0; seed < 15; seed += 1)
    for (const partners of [0, 1, 3]) {
      const uploads = Array.from({ length: partners + 1 }, (_, member) =>
        makeTokenUpload([tokensOf(document)], seededBytes(member)),
      );
      const flags = decideWinners(
        new Map(uploads.map(({ bytes }, member) => [names[member]!, bytes])),
        Buffer.alloc(32, seed),
      );
      const mine = Buffer.from(flags.get(names[0]!)!).toString('hex');
      answers.set(`${partners}`, (answers.get(`${partners}`) ?? new Set()).add(mine));
    }
  const [alone, one, three] = [answers.get('0')!, answers.get('1')!, answers.get('3')!];
  assert.equal(alone.size, 1);
  assert.deepEqual([...one].sort(), [...three].sort());
  assert.ok(one.has([...alone][0]!) && one.size === 2);
});

test('documents of one member never drop each other', () => {
  const document = Array.from({ length: 14 }, () => 1);
  const kept = decide([[document, document], [document]], 3);
  assert.equal(new Set(kept[0]).size, 1);
  assert.notEqual(kept[0]![0], kept[1]![0]);
  assert.deepEqual(decide([[document, document], []], 3), [[true, true], []]);
});

test('an upload is a power of two of documents, at least 1,024, in order, with numbers that follow nothing', () => {
  const documents = Array.from({ length: 1_500 }, (_, index) => tokensOf(Array.from({ length: 14 }, () => index)));
  for (const [count, size] of [
    [0, 1_024],
    [1, 1_024],
    [1_024, 1_024],
    [1_025, 2_048],
    [1_500, 2_048],
  ] as const) {
    const { bytes, numbers } = makeTokenUpload(documents.slice(0, count));
    assert.equal(checkTokenUpload(bytes), size);
    assert.equal(new Set(numbers).size, count);
  }
  assert.notDeepEqual(makeTokenUpload(documents).numbers, makeTokenUpload(documents).numbers);
});

test('an upload that is not in order, out of range or of another size is refused', () => {
  const { bytes } = makeTokenUpload([]);
  const fault = { code: 'duplicate-tokens-invalid', status: 422 };
  const changed = (change: (copy: Buffer) => void) => {
    const copy = Buffer.from(bytes);
    change(copy);
    return copy;
  };
  assert.throws(() => checkTokenUpload(bytes.subarray(entryBytes)), fault);
  assert.throws(() => checkTokenUpload(bytes.subarray(0, bytes.length / 2)), fault);
  assert.throws(() => checkTokenUpload(changed((copy) => copy.fill(0xff, 0, 16))), fault);
  assert.throws(() => checkTokenUpload(changed((copy) => copy.writeUInt32BE(1_024, 16))), fault);
  assert.throws(
    () => checkTokenUpload(changed((copy) => copy.writeUInt32BE((copy.readUInt32BE(16) + 1) % 1_024, 16))),
    fault,
  );
  assert.throws(() => keptDocuments(new Uint8Array(1), Uint32Array.of(8)), fault);
});

/** Known texts, as a curious hub may have them: public, or another company's. */
const dictionary = Array.from({ length: 300 }, (_, index) => {
  const random = new SeededRandom(`known ${index}`);
  return minHashSignature(
    Array.from({ length: 300 }, () => String.fromCharCode(0x4e00 + random.below(2_000))).join(''),
  )!;
});

/** Texts of the dictionary that the hub says an upload holds: any token of theirs under a key that the hub has is in it. */
function linked(upload: Uint8Array, hubKey: Sealed<Uint8Array>): number[] {
  const tokens = new Set<string>();
  for (let at = 0; at < upload.length; at += entryBytes)
    tokens.add(Buffer.from(upload.subarray(at, at + 16)).toString('hex'));
  return [...dictionary.keys()].filter((index) => {
    const own = Buffer.from(crossMemberTokens(dictionary[index]!, hubKey));
    return Array.from({ length: 14 }, (_, band) => own.toString('hex', 16 * band, 16 * band + 16)).some((token) =>
      tokens.has(token),
    );
  });
}

test('a hub without the key links no known text to an upload; with a key that it knows it links each one', () => {
  const held = [3, 17, 44, 120, 299];
  const upload = (own: Sealed<Uint8Array>) =>
    makeTokenUpload(held.map((index) => crossMemberTokens(dictionary[index]!, own))).bytes;
  // Control: tokens without a secret key, as a plain hash would be.
  assert.deepEqual(linked(upload(key), key), held);
  const secret = new Sealed(new Uint8Array(randomBytes(32)));
  assert.deepEqual(linked(upload(secret), key), []);
  assert.deepEqual(linked(upload(secret), new Sealed(new Uint8Array(randomBytes(32)))), []);
  // Nor does a text that is held in two epochs link them.
  const [before, after] = [upload(secret), upload(new Sealed(new Uint8Array(randomBytes(32))))];
  const tokens = (bytes: Uint8Array) =>
    Array.from({ length: bytes.length / entryBytes }, (_, at) =>
      Buffer.from(bytes.subarray(at * entryBytes, at * entryBytes + 16)).toString('hex'),
    );
  assert.equal(new Set([...tokens(before), ...tokens(after)]).size, tokens(before).length * 2);
});
