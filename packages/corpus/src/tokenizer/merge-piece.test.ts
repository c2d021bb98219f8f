// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '@kiban/core';
import fc from 'fast-check';
import { type Merge, trainMerges } from './bpe-trainer.ts';
import { PieceMerger } from './merge-piece.ts';
import { MergeTable } from './merge-table.ts';
import { Tokenizer } from './tokenizer.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'あ', '高', '炉', '🦙'), minLength: 1, maxLength: 80 });

/** The definition: the pair of lowest rank, the leftmost first, until there is none. */
function mergePlainly(bytes: readonly number[], merges: readonly Merge[]): number[] {
  const symbols = [...bytes];
  for (;;) {
    const ranks = symbols.slice(1).map((right, at) => merges.findIndex(([l, r]) => l === symbols[at] && r === right));
    const best = Math.min(...ranks.filter((rank) => rank >= 0));
    if (!Number.isFinite(best)) return symbols;
    symbols.splice(ranks.indexOf(best), 2, 256 + best);
  }
}

test('short pieces and long ones are merged as the plain definition says', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), text, (words, piece) => {
      const merges = trainMerges(new Map(words.map((word) => [word, 2])), { mergeCount: 60 });
      const bytes = [...Buffer.from(piece, 'utf8')];
      const symbols = Int32Array.from(bytes);
      const count = new PieceMerger(new MergeTable(merges)).merge(symbols, bytes.length);
      assert.deepEqual([...symbols.subarray(0, count)], mergePlainly(bytes, merges));
    }),
  );
});

test('a tokenizer gives the ids of the plain definition, also where its tokens mix characters and parts of them', () => {
  const mixed = fc.array(fc.tuple(fc.nat(300), fc.nat(300)), { maxLength: 40 });
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 20 }),
      mixed,
      text,
      fc.boolean(),
      (words, odd, piece, isOdd) => {
        const trained = trainMerges(new Map(words.map((word) => [word, 2])), { mergeCount: 60 });
        const seen = new Set<string>();
        const merges: Merge[] = [...trained];
        for (const [left, right] of isOdd ? odd : []) {
          const key = `${left} ${right}`;
          const isKnown = merges.some(([l, r]) => l === left && r === right) || seen.has(key);
          if (!isKnown && Math.max(left, right) < 256 + merges.length) merges.push([left, right]);
          seen.add(key);
        }
        const tokenizer = new Tokenizer({ specialCount: 0, merges, vocabularySize: 512, digest: sha256Hex('') });
        // All these characters are letters: one piece.
        const letters = piece.replaceAll('🦙', '𠮷');
        assert.deepEqual(tokenizer.encode(letters), mergePlainly([...Buffer.from(letters, 'utf8')], merges));
      },
    ),
  );
});

test('a run as long as a document is merged', () => {
  const table = new MergeTable(trainMerges(new Map([['あああああああ', 9]]), { mergeCount: 8 }));
  const symbols = Int32Array.from(Buffer.from('あ'.repeat(100_000), 'utf8'));
  assert.ok(new PieceMerger(table).merge(symbols, symbols.length) <= 50_000);
});
