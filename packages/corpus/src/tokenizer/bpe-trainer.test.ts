// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Merge, trainMerges } from './bpe-trainer.ts';
import { countWordsOf } from './word-count-threads.ts';
import { cutForTraining, WordCounter } from './word-counts.ts';

/** The definition, word for word: count all pairs anew for each merge. */
function trainPlainly(counts: ReadonlyMap<string, number>, mergeCount: number, isAllowed: (token: Buffer) => boolean) {
  const words = Array.from(counts, ([word, count]) => ({ symbols: [...Buffer.from(word)], count }));
  const tokens: Buffer[] = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));
  const merges: Merge[] = [];
  while (merges.length < mergeCount) {
    const pairs = new Map<string, { left: number; right: number; count: number }>();
    for (const { symbols, count } of words) {
      for (let at = 0; at + 1 < symbols.length; at += 1) {
        const [left, right] = [symbols[at]!, symbols[at + 1]!];
        const pair = pairs.get(`${left} ${right}`) ?? { left, right, count: 0 };
        pair.count += count;
        pairs.set(`${left} ${right}`, pair);
      }
    }
    const best = [...pairs.values()]
      .filter(({ count, left, right }) => {
        const token = Buffer.concat([tokens[left]!, tokens[right]!]);
        return count >= 2 && isAllowed(token) && !tokens.some((known) => known.equals(token));
      })
      .sort((a, b) => b.count - a.count || a.left - b.left || a.right - b.right)[0];
    if (best === undefined) break;
    for (const word of words) {
      for (let at = 0; at + 1 < word.symbols.length; at += 1) {
        if (word.symbols[at] === best.left && word.symbols[at + 1] === best.right)
          word.symbols.splice(at, 2, tokens.length);
      }
    }
    tokens.push(Buffer.concat([tokens[best.left]!, tokens[best.right]!]));
    merges.push([best.left, best.right]);
  }
  return merges;
}

function tokensOf(merges: readonly Merge[]): Buffer[] {
  const tokens: Buffer[] = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));
  for (const [left, right] of merges) tokens.push(Buffer.concat([tokens[left]!, tokens[right]!]));
  return tokens.slice(256);
}

const latin = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 8 });
const japanese = fc.string({ unit: fc.constantFrom('あ', 'い', '高', '炉', '🦙', 'a'), minLength: 1, maxLength: 12 });
const counted = (word: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(word, fc.integer({ min: 1, max: 5 })), { maxLength: 15 });

test('counts kept up to date give the merges of the plain definition', () => {
  fc.assert(
    fc.property(counted(latin), (words) => {
      const counts = new Map(words);
      assert.deepEqual(
        trainMerges(counts, { mergeCount: 40 }),
        trainPlainly(counts, 40, (token) => token.length <= 8),
      );
    }),
  );
});

test('the order of the words does not matter', () => {
  fc.assert(
    fc.property(counted(japanese), (words) => {
      const counts = new Map(words);
      const reversed = new Map([...counts].reverse());
      assert.deepEqual(trainMerges(counts, { mergeCount: 80 }), trainMerges(reversed, { mergeCount: 80 }));
    }),
  );
});

test('no token mixes whole and partial characters, exceeds eight characters or occurs twice', () => {
  fc.assert(
    fc.property(counted(japanese), (words) => {
      const tokens = tokensOf(trainMerges(new Map(words), { mergeCount: 200, minimumCount: 1 }));
      assert.equal(new Set(tokens.map((token) => token.toString('hex'))).size, tokens.length);
      for (const token of tokens) {
        const text = token.toString('utf8');
        if (Buffer.from(text).equals(token)) assert.ok([...text].length <= 8);
        else assert.ok(token.subarray(1).every((byte) => (byte & 0xc0) === 0x80) && token.length <= 3);
      }
    }),
  );
});

test('training goes on after agreed merges as if it had made them itself', () => {
  fc.assert(
    fc.property(counted(japanese), fc.nat(40), (words, agreed) => {
      const counts = new Map(words);
      const whole = trainMerges(counts, { mergeCount: 60 });
      assert.deepEqual(trainMerges(counts, { mergeCount: 60, initial: whole.slice(0, agreed) }), whole);
    }),
  );
});

test('agreed merges that the words do not hold are kept, in order', () => {
  const initial: Merge[] = [
    [0x7a, 0x7a],
    [256, 0x7a],
  ];
  const merges = trainMerges(new Map([['abab', 3]]), { mergeCount: 4, initial });
  assert.deepEqual(merges, [...initial, [0x61, 0x62], [258, 258]]);
});

test('Japanese is cut at words for training, a space stays with the Latin word after it', () => {
  const counter = new WordCounter();
  counter.add('溶銑温度が低下、送風を増やした。 The furnace');
  const words = [...counter.counts().keys()];
  assert.ok(words.includes('、') && words.includes('温度') && words.includes('が'));
  assert.ok(words.includes(' furnace'));
});

test('pieces are cut at the same words alone and among others, and no text is lost', () => {
  const unit = fc.constantFrom(...'高炉の温度は低下した東京都カタカナー々、。 \n\ra1\u2028\u3000ﾞ');
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit, minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 30 }),
      (texts) => {
        const counter = new WordCounter();
        const expected = new Map<string, number>();
        for (const text of texts) {
          counter.add(text);
          const words = cutForTraining(text);
          assert.equal(words.join(''), text);
          for (const word of words) expected.set(word, (expected.get(word) ?? 0) + 1);
        }
        assert.deepEqual(new Map([...counter.counts()].sort()), new Map([...expected].sort()));
      },
    ),
  );
});

test('threads count the same words', async () => {
  const texts = Array.from({ length: 120 }, (_, index) =>
    `${index} 溶銑温度が${index % 7}℃低下、送風を増やした。`.repeat(2_000),
  );
  const sorted = (counts: Map<string, number>) => [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(sorted(await countWordsOf(texts, { threadCount: 2 })), sorted(await countWordsOf(texts)));
});
