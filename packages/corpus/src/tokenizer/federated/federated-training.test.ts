// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import fc from 'fast-check';
import type { Merge } from '../bpe-trainer.ts';
import { WordCounter } from '../word-counts.ts';
import { acceptMerges } from './accept-merges.ts';
import { type AgreedMerge, finishTokenizer, mergeRoom, publicBaseMerges } from './agreed-tokenizer.ts';
import { SketchHashes } from './count-sketch.ts';
import type { FederatedRules } from './federated-rules.ts';
import { heavyPairs } from './heavy-pairs.ts';
import { candidateColumns, MemberDocuments } from './member-documents.ts';
import { PersonalWords, reviewByDetector } from './personal-words.ts';
import { reviewByWords, type TokenReview } from './token-review.ts';

/** No rule but those of support. */
const noTokenReview: TokenReview = { objection: () => undefined };

import { TokenTable } from './token-table.ts';

const rules: FederatedRules = {
  minimumMembers: 2,
  minimumDocuments: 6,
  minimumOwnDocuments: 2,
  pairsPerDocument: 256,
  repeatsPerDocument: 8,
  sketchWidth: 1 << 14,
  candidates: 256,
  batch: 32,
};
const shape = { vocabularySize: 512, specialCount: 32, publicShare: 0.5 };
const publicText = '公開の文書を読む。設備の点検を行う。会議の記録を残す。'.repeat(6);

function add(vectors: readonly Int32Array[]): Int32Array {
  return vectors[0]!.map((_, index) => vectors.reduce((sum, vector) => sum + vector[index]!, 0));
}

interface Together {
  readonly texts: readonly (readonly string[])[];
  readonly rules?: Partial<FederatedRules>;
  readonly review?: TokenReview;
  readonly objections?: readonly string[];
}

/** The whole exchange with plain sums in place of masked ones. */
function trainTogether({ texts, rules: changed, review = noTokenReview, objections = [] }: Together) {
  const own = { ...rules, ...changed };
  const counter = new WordCounter();
  counter.add(publicText);
  const base = publicBaseMerges(counter.counts(), shape);
  const members = texts.map((documents) => {
    const member = new MemberDocuments(own);
    for (const text of documents) member.add(text);
    return member;
  });
  const agreed: AgreedMerge[] = [];
  const blocked = new Set<string>();
  for (let round = 1; round <= 20; round += 1) {
    const merges = [...base, ...agreed.map(({ merge }) => merge)];
    for (const member of members) member.apply(merges);
    const seed = `test/${round}`;
    const sketch = add(members.map((member) => member.sketch(seed)));
    const candidates = heavyPairs(sketch, merges, seed, own, (left, right) => blocked.has(`${left} ${right}`));
    if (candidates.length === 0) break;
    const objects = (token: string) => objections.includes(token);
    const sums = add(
      members.map((member, index) => member.countCandidates(candidates, seed, index === 0 ? objects : () => false)),
    );
    const room = mergeRoom(shape) - merges.length;
    const { accepted, refused } = acceptMerges(candidates, sums, merges, own, room, review);
    for (const { merge } of refused) blocked.add(merge.join(' '));
    for (const { merge, support } of accepted) agreed.push({ merge, round, support });
    if (accepted.length === 0) break;
  }
  const result = finishTokenizer(counter.counts(), base, agreed, shape);
  return { ...result, texts: result.newTokens.map(({ text }) => text) };
}

const random = new SeededRandom('federated');
const documentsOf = (name: string) =>
  Array.from(
    { length: 12 },
    (_, index) =>
      `担当は${name}。溶銑温度は${random.between(1_000, 2_000)}℃で異常なし。${name}が${index}回目の点検を報告。`,
  );

test('a sum of sketches is the sketch of the sum, and pairs far fewer than columns come back exactly', () => {
  const pair = fc.tuple(fc.nat(5_000), fc.nat(5_000), fc.integer({ min: 1, max: 1_000 }));
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 30 }), fc.array(pair, { maxLength: 30 }), (one, other) => {
      const hashes = new SketchHashes(1 << 14, 'seed');
      const sketchOf = (pairs: typeof one) => {
        const words = new Int32Array(hashes.length);
        for (const [left, right, value] of pairs) hashes.add(words, 0, left, right, value);
        return words;
      };
      const sum = add([sketchOf(one), sketchOf(other)]);
      assert.deepEqual(sum, sketchOf([...one, ...other]));
      for (const [left, right] of one) {
        const total = [...one, ...other].reduce(
          (all, [l, r, value]) => all + (l === left && r === right ? value : 0),
          0,
        );
        assert.equal(hashes.estimate(sum, 0, left, right), total);
        assert.equal(hashes.isHeavy(hashes.heavyCells(sum, 0, total), left, right), true);
        assert.equal(hashes.isHeavy(hashes.heavyCells(sum, 0, total + 1), left, right), false);
      }
    }),
    { numRuns: 30 },
  );
});

test('what several members write often becomes one token; a name that one member alone has does not', () => {
  const { texts, agreed } = trainTogether({ texts: ['鬼龍院', '綾小路', '勅使河原'].map(documentsOf) });
  assert.ok(texts.includes('温度'), texts.join(' '));
  assert.ok(texts.includes('報告'), texts.join(' '));
  for (const name of ['鬼龍', '龍院', '綾小', '小路', '勅使', '使河', '河原'])
    assert.ok(!texts.some((text) => text?.includes(name)), name);
  assert.equal(agreed.tokenizer.decode(agreed.tokenizer.encode('鬼龍院の溶銑温度')), '鬼龍院の溶銑温度');
});

test('the control: without a minimum of members the name of one member becomes a token', () => {
  const { texts } = trainTogether({
    texts: ['鬼龍院', '綾小路', '勅使河原'].map(documentsOf),
    rules: { minimumMembers: 1 },
  });
  assert.ok(texts.includes('鬼龍院') && texts.includes('勅使河原'), texts.join(' '));
});

test('a token that the review or any one member objects to is not made, nor anything built on it', () => {
  const documents = ['甲', '乙', '丙'].map(documentsOf);
  assert.ok(trainTogether({ texts: documents }).texts.includes('異常'));
  const reviewed = trainTogether({ texts: documents, review: reviewByWords(['異常']) });
  assert.ok(!reviewed.texts.some((text) => text?.includes('異常')));
  const objected = trainTogether({ texts: documents, objections: ['異常'] });
  assert.ok(!objected.texts.some((text) => text?.includes('異常')));
});

test('agreed merges have the support that the rules ask for, counted anew in the documents', () => {
  const word = fc.constantFrom('溶銑', '温度', '点検', '担当', '鋼板', '報告書');
  const document = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join('、'));
  const member = fc.array(document, { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(fc.array(member, { minLength: 3, maxLength: 4 }), (texts) => {
      const { newTokens } = trainTogether({ texts });
      for (const { text } of newTokens) {
        if (text === undefined) continue;
        const held = texts.map((documents) => documents.filter((one) => one.includes(text)).length);
        assert.ok(held.filter((count) => count >= rules.minimumOwnDocuments).length >= rules.minimumMembers, text);
        assert.ok(held.reduce((sum, count) => sum + count, 0) >= rules.minimumDocuments, text);
      }
    }),
    { numRuns: 20 },
  );
});

test('one document more changes each candidate by at most its clip, and no more pairs than its credit', () => {
  const own = { ...rules, minimumOwnDocuments: 1, pairsPerDocument: 3, repeatsPerDocument: 2 };
  const text = fc.string({ unit: fc.constantFrom(...'溶銑温度点検ab'), maxLength: 60 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), text, (texts, more) => {
      const counts = (documents: readonly string[], candidates: readonly Merge[]) => {
        const member = new MemberDocuments(own);
        for (const one of documents) member.add(one);
        return member.countCandidates(candidates, 's', () => false);
      };
      const bytes = [...new Set(Buffer.from([...texts, more].join('')))];
      const tokens = new TokenTable();
      const candidates = bytes.flatMap((left) =>
        bytes.flatMap((right): Merge[] => (tokens.mayMerge(left, right) ? [[left, right]] : [])),
      );
      const before = counts(texts, candidates);
      const after = counts([...texts, more], candidates);
      let touched = 0;
      for (let index = 0; index < candidates.length; index += 1) {
        const [occurrences, documents] = [0, 1].map((column) => {
          const at = candidateColumns * index + column;
          return after[at]! - before[at]!;
        });
        assert.ok(occurrences! >= 0 && occurrences! <= 2 && documents! >= 0 && documents! <= 1);
        if (documents! > 0) touched += 1;
      }
      assert.ok(touched <= 3);
    }),
    { numRuns: 60 },
  );
});

test('merges of one batch leave each other’s counts true', () => {
  const candidates: Merge[] = [
    [97, 98],
    [98, 99],
    [97, 100],
    [100, 97],
    [101, 101],
  ];
  const sums = Int32Array.from([90, 80, 70, 60, 50].flatMap((count) => [count, count, 3, 0]));
  const { accepted, waiting } = acceptMerges(candidates, sums, [], rules, 100, noTokenReview);
  // (b c) could take the b of (a b), (d a) the a of (a b); (a d) and (a b) never meet.
  assert.deepEqual(
    accepted.map(({ merge }) => merge),
    [
      [97, 98],
      [97, 100],
      [101, 101],
    ],
  );
  assert.equal(waiting, 2);
});

test('a member refuses merges that do not go on from those it applied', () => {
  const member = new MemberDocuments(rules);
  member.add('abc');
  member.apply([[97, 98]]);
  assert.throws(() => member.apply([[98, 99]]), RangeError);
  assert.throws(() => member.add('late'), RangeError);
});

test('personal data leaves the text before it is counted, and a token that stands in many names is objected to', () => {
  const personal = new PersonalWords();
  const one = '担当者：深見沢 亮介、電話 090-1234-5678。';
  const texts = [one, `${one}検査を終えた。`, one, '検査票に記入。'];
  const cut = texts.map((text) => personal.cut(text)).join('');
  assert.ok(!cut.includes('深見') && !cut.includes('1234') && cut.includes('検査票'), cut);
  assert.equal(personal.isPartOfNames('深見', 30), true);
  assert.equal(personal.isPartOfNames('深見', 31), false);
  assert.equal(personal.isPartOfNames('検査', 0), false);
});

test('the detector objects to family names and lets words of the trade pass', () => {
  for (const name of ['佐藤', '山田太郎', '佐藤様'])
    assert.equal(reviewByDetector.objection(name), 'person-name', name);
  for (const word of ['溶銑', '温度', '工程', '締付', 'する', '藤'])
    assert.equal(reviewByDetector.objection(word), undefined, word);
});
