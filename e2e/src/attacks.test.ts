// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Sealed, SeededRandom } from '@kiban/core';
import { areaUnderCurve, byteNonUniformity, membershipScore, standardErrorOfChance } from '@kiban/evals';
import { applyMaskStreams, type MaskStream, maskWords } from '@kiban/secagg';
import {
  AttackBench,
  aggregate,
  asLevels,
  layout,
  levelLimit,
  mean,
  recallIn,
  rowsOver,
  tokensOf,
  type Update,
  vocabularySize,
} from './attack-bench.ts';

/**
 * What a curious hub can read from an upload. Every attack runs twice with the same code: on the plain levels of real updates, where it must
 * succeed (a failure there would prove nothing), and on the words of a whole attempt at secure aggregation, where it must fall to chance. Keys are
 * fresh in every run, so figures by chance differ from run to run: they are held within four standard errors (once in 16,000 runs by accident).
 */
let bench: AttackBench;
before(async () => {
  bench = await AttackBench.open();
});
after(() => bench.close());

/** What the hub would store under other masks than those of the protocol: the controls. */
const masked = (levels: Int8Array, streams: readonly MaskStream[]): Uint8Array =>
  maskWords({
    plan: { bits: 16, levelLimit, wordCount: layout.length },
    streams: new Sealed(streams),
    levels,
    wordOffset: 0,
  });

test('the tokens that a member used are read from its plain update, not from its upload; the sum tells only the union', async (context) => {
  const recalls = { plain: [] as number[], masked: [] as number[], union: [] as number[] };
  for (let trial = 0; trial < 4; trial += 1) {
    const updates: Update[] = [];
    for (const member of [0, 1, 2]) {
      const name = `a1/${trial}/${member}`;
      updates.push(await bench.updateOf(`a1-${trial}-${member}`, rowsOver(tokensOf(name, 7), 16, name)));
    }
    for (const { levels, used } of updates) recalls.plain.push(recallIn(levels, used));
    // Aggregated again and again under fresh keys: only chance is left, so it takes many to see that it is chance.
    for (let again = 0; again < 20; again += 1) {
      const { uploads, sum } = await aggregate(updates.map(({ levels }) => levels));
      for (const [member, { used }] of updates.entries())
        recalls.masked.push(recallIn(asLevels(uploads[member]!), used));
      if (again > 0) continue;
      const plainSum = Int16Array.from(sum, (_, index) => updates.reduce((all, { levels }) => all + levels[index]!, 0));
      assert.deepEqual(sum, plainSum);
      recalls.union.push(recallIn(sum, new Set(updates.flatMap(({ used }) => [...used]))));
    }
  }
  const chance = 7 / vocabularySize;
  const error = Math.sqrt((chance * (1 - chance)) / (7 * recalls.masked.length));
  context.diagnostic(
    `recall: plain ${mean(recalls.plain).toFixed(2)}, masked ${mean(recalls.masked).toFixed(3)} (chance ${chance.toFixed(3)}, standard error ${error.toFixed(3)}), union from the sum ${mean(recalls.union).toFixed(2)}`,
  );
  assert.ok(mean(recalls.plain) > 0.9);
  assert.ok(mean(recalls.union) > 0.9, 'the sum is no secret, and the document says so');
  assert.ok(Math.abs(mean(recalls.masked) - chance) < 4 * error);
});

test('that a document was trained on is read from a plain update, not from an upload; what the sum tells is printed', async (context) => {
  const plain: number[][] = [[], []];
  const hidden: number[][] = [[], []];
  const sums: number[][] = [[], []];
  const trials = 16;
  const repeats = 6;
  for (let trial = 0; trial < trials; trial += 1) {
    const canaryRows = rowsOver(tokensOf(`a3/canary/${trial}`, 6), 4, `a3/canary/${trial}`);
    const canary = await bench.updateOf(`a3-canary-${trial}`, canaryRows, { stepCount: 1 });
    for (const isMember of [0, 1]) {
      const updates: Update[] = [];
      for (const member of [0, 1, 2]) {
        const own = rowsOver(tokensOf(`a3/${trial}/${member}`, 20), 12, `a3/${trial}/${member}/${isMember}`);
        const rows = isMember === 1 && member === 0 ? [...own, ...canaryRows] : own;
        updates.push(await bench.updateOf(`a3-${trial}-${member}-${isMember}`, rows));
      }
      plain[isMember]!.push(membershipScore(updates[0]!.levels, canary.delta));
      for (let again = 0; again < repeats; again += 1) {
        const { uploads, sum } = await aggregate(updates.map(({ levels }) => levels));
        hidden[isMember]!.push(membershipScore(asLevels(uploads[0]!), canary.delta));
        if (again === 0) sums[isMember]!.push(membershipScore(sum, canary.delta));
      }
    }
  }
  const auc = ([strangers, members]: number[][]) => areaUnderCurve(members!, strangers!);
  const error = standardErrorOfChance(repeats * trials, repeats * trials);
  context.diagnostic(
    `AUC: plain ${auc(plain).toFixed(2)}, masked ${auc(hidden).toFixed(2)} (standard error ${error.toFixed(2)}), sum of three ${auc(sums).toFixed(2)}`,
  );
  assert.ok(auc(plain) > 0.95);
  assert.ok(Math.abs(auc(hidden) - 0.5) < 4 * error);
});

test('two worlds look alike in uploads: other data, or a difference moved from one member to another; broken masking is told apart', async (context) => {
  const world = [
    await bench.updateOf('a4-a', rowsOver(tokensOf('a4/a', 10), 16, 'a4/a')),
    await bench.updateOf('a4-b', rowsOver(tokensOf('a4/b', 10), 16, 'a4/b')),
  ] as const;
  const others = world.map(({ levels }) => levels);
  const trials = 500;
  const tail = 1_024;
  const random = new SeededRandom('a4');
  /** The best guess of somebody who knows both updates: which of them is the upload more like? */
  const isRight = (words: Uint8Array, truth: number): number => {
    const end = asLevels(words).subarray(-tail);
    const likeness = world.map(({ levels }) => membershipScore(end, Float32Array.from(levels.subarray(-tail))));
    return (likeness[1]! > likeness[0]! ? 1 : 0) === truth ? 1 : 0;
  };
  const right = { product: 0, bareEnd: 0, withoutOwnMask: 0 };
  for (let trial = 0; trial < trials; trial += 1) {
    const truth = random.below(2);
    const { levels } = world[truth]!;
    const { uploads, streams } = await aggregate([levels, ...others]);
    // What an opening may give away of a member that dropped: the masks that it shares with all others.
    const [, ...pairs] = streams[0]!.open();
    right.product += isRight(takenOff(uploads[0]!, pairs), truth);
    right.withoutOwnMask += isRight(takenOff(masked(levels, pairs), pairs), truth);
    const bare = uploads[0]!.slice();
    asLevels(bare).set(Int16Array.from(levels.subarray(-tail)), layout.length - tail);
    right.bareEnd += isRight(bare, truth);
  }
  const [product, bareEnd, withoutOwnMask] = [right.product, right.bareEnd, right.withoutOwnMask].map(
    (count) => count / trials,
  ) as [number, number, number];
  const error = Math.sqrt(0.25 / trials);
  context.diagnostic(
    `right: product ${product.toFixed(2)} (standard error ${error.toFixed(2)}), last chunk bare ${bareEnd.toFixed(2)}, no own mask ${withoutOwnMask.toFixed(2)}`,
  );
  assert.ok(Math.abs(product - 0.5) < 4 * error);
  assert.ok(bareEnd > 0.95 && withoutOwnMask > 0.95);

  // +d at one member and -d at another: the sum is the same, and so is what the hub can tell.
  const half = Int8Array.from(world[0].levels, (level) => level >> 1);
  const difference = Int8Array.from(world[1].levels, (level) => level >> 2);
  const moved = half.map((level, index) => level + difference[index]!);
  const rest = half.map((level, index) => level - difference[index]!);
  const still = await aggregate([half, half, half]);
  const shifted = await aggregate([moved, rest, half]);
  assert.deepEqual(shifted.sum, still.sum);
  for (const bytes of [...still.uploads, ...shifted.uploads]) assert.ok(Math.abs(byteNonUniformity(bytes)) < 6);
  const bytesOfHalf = new Uint8Array(Int16Array.from(half).buffer);
  assert.ok(byteNonUniformity(bytesOfHalf) > 1_000, 'the control: plain words are not uniform');
});

test('a seed of sixteen bits is found by trying, keys of 256 bits are not; an update masked twice is noise only under fresh keys', async (context) => {
  const { levels } = await bench.updateOf('a5', rowsOver(tokensOf('a5', 10), 8, 'a5'));
  const shortSeed = (seed: number) => createHash('sha256').update(String(seed)).digest();
  const budget = 1 << 16;
  /** A right key leaves small numbers only. */
  const search = (bytes: Uint8Array): number | undefined => {
    for (let seed = 0; seed < budget; seed += 1) {
      const words = new Uint16Array(bytes.slice(0, 64).buffer);
      applyMaskStreams({ bits: 16, streams: [{ key: shortSeed(seed), sign: -1 }], words, wordOffset: 0 });
      if (new Int16Array(words.buffer).every((level) => Math.abs(level) <= levelLimit)) return seed;
    }
    return undefined;
  };
  const [first, second] = [await aggregate([levels, levels, levels]), await aggregate([levels, levels, levels])];
  // Of the product the attacker even has the pair masks, as after a dropout: one key is left to guess.
  const [, ...pairs] = first.streams[0]!.open();
  assert.equal(search(masked(levels, [{ key: shortSeed(48_611), sign: 1 }])), 48_611);
  assert.equal(search(takenOff(first.uploads[0]!, pairs)), undefined);

  // Two attempts carry the same levels. Under kept keys their difference is all zeros; under fresh ones it is noise.
  const kept = first.streams[0]!.open();
  const differenceOf = (a: Uint8Array, b: Uint8Array) => a.map((byte, index) => byte - b[index]!);
  assert.ok(differenceOf(first.uploads[0]!, masked(levels, kept)).every((byte) => byte === 0));
  const fresh = differenceOf(first.uploads[0]!, second.uploads[0]!);
  context.diagnostic(`byte non-uniformity of two fresh attempts' difference: ${byteNonUniformity(fresh).toFixed(1)}`);
  assert.ok(Math.abs(byteNonUniformity(fresh)) < 6);
});

/** An upload without some of its masks. */
function takenOff(bytes: Uint8Array, streams: readonly MaskStream[]): Uint8Array {
  const words = new Uint16Array(bytes.slice().buffer);
  const inverse = streams.map(({ key, sign }): MaskStream => ({ key, sign: sign === 1 ? -1 : 1 }));
  applyMaskStreams({ bits: 16, streams: inverse, words, wordOffset: 0 });
  return new Uint8Array(words.buffer);
}
