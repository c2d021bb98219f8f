// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Sealed, SeededRandom } from '@kiban/core';
import { createOnnxTrainer } from '@kiban/engine-onnx';
import {
  areaUnderCurve,
  byteNonUniformity,
  membershipScore,
  rankMovedTokens,
  standardErrorOfChance,
  tokenRecall,
} from '@kiban/evals';
import { applyMaskStreams, type MaskStream, maskWords } from '@kiban/secagg';
import { quantiseBlock, rootMeanSquare, roundingNoise } from '@kiban/tensor';
import { type FederatedSession, flatLayout, scaleBlocks, scalesFromRms } from '@kiban/training';
import { TrainerWorkbench, toyModel } from '@kiban/training/conformance';

/**
 * What a curious hub can read from an upload. Every attack runs twice with the same code: on the plain levels of real updates, where it must
 * succeed (a failure there would prove nothing), and on the words that the product uploads, where it must fall to chance.
 */
const layout = flatLayout(toyModel);
const embedding = layout.tensors[0]!;
const { hiddenSize, vocabularySize, contextLength } = toyModel;
const levelLimit = 127;
const plan = { bits: 16, levelLimit, wordCount: layout.length } as const;

const bench = new TrainerWorkbench();
let session: FederatedSession;
let base: string;
before(async () => {
  session = await createOnnxTrainer().open(bench.spec('federated'));
  base = await bench.weights('base');
});
after(async () => {
  await session.close();
  bench.remove();
});

interface Update {
  readonly used: ReadonlySet<number>;
  readonly delta: Float32Array;
  readonly levels: Int8Array;
}

/** Rows over a few tokens of its own, as a company's words are. */
function rowsOver(tokens: readonly number[], count: number, seed: string): number[][] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => Array.from({ length: contextLength + 1 }, () => random.pick([...tokens])));
}

function tokensOf(seed: string, count: number): number[] {
  return new SeededRandom(seed)
    .shuffle(Array.from({ length: vocabularySize - 8 }, (_, index) => index + 8))
    .slice(0, count);
}

/** A real update: trained by the product's trainer, quantised as the node does it with scales that are the same for all. */
async function updateOf(name: string, rows: readonly (readonly number[])[], stepCount = 4): Promise<Update> {
  await session.resetMoments();
  await session.load(base);
  await session.run(bench.request(bench.shard(name, rows), { stepCount, seed: name }));
  const path = bench.file('delta.f32');
  await session.writeDelta(path);
  const bytes = readFileSync(path);
  const delta = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return { used: new Set(rows.flat()), delta, levels: levelsOf(delta, name) };
}

function levelsOf(delta: Float32Array, seed: string): Int8Array {
  const blocks = [...scaleBlocks(layout)];
  const rms = Float32Array.from(blocks, ({ length }) => rootMeanSquare(delta.subarray(0, length)));
  const scales = scalesFromRms(rms, { levelLimit, clipFactor: 12 });
  const levels = new Int8Array(delta.length);
  for (const [index, { offset, length }] of blocks.entries()) {
    const noise = roundingNoise(createHash('md5').update(`${seed}/${index}`).digest());
    const result = quantiseBlock(delta.subarray(offset, offset + length), scales[index]!, levelLimit, noise);
    assert.ok(result.ok);
    levels.set(result.block.levels, offset);
  }
  return levels;
}

let keysDrawn = 0;
/** A key that nobody else has; seeded, so that figures by chance are the same in every run. */
function nextKey(): Uint8Array {
  keysDrawn += 1;
  return createHash('sha256').update(`attacks/${keysDrawn}`).digest();
}

/** The mask streams of each of `count` members under keys of their own: one stream of its own, one with each peer. */
function streamsOfMembers(count: number): MaskStream[][] {
  const pairs = Array.from({ length: count }, (_, low) =>
    Array.from({ length: count }, (_, high) => [low, high]),
  ).flat();
  const keys = new Map(pairs.filter(([a, b]) => a! < b!).map((pair) => [pair.join(), nextKey()]));
  return Array.from({ length: count }, (_, self) => [
    { key: nextKey(), sign: 1 as const },
    ...Array.from({ length: count }, (_, peer) => peer)
      .filter((peer) => peer !== self)
      .map(
        (peer): MaskStream => ({
          key: keys.get([Math.min(self, peer), Math.max(self, peer)].join())!,
          sign: self < peer ? 1 : -1,
        }),
      ),
  ]);
}

/** What the hub stores: the words of the product's masking. */
function upload(levels: Int8Array, streams: readonly MaskStream[]): Uint8Array {
  return maskWords({ plan, streams: new Sealed(streams), levels, wordOffset: 0 });
}

const asLevels = (bytes: Uint8Array) => new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
const rowsIn = <T extends Float32Array | Int8Array | Int16Array>(values: T) =>
  values.subarray(embedding.offset, embedding.offset + embedding.length);
const recallIn = (values: Float32Array | Int8Array | Int16Array, used: ReadonlySet<number>) =>
  tokenRecall(rankMovedTokens({ values: rowsIn(values), hiddenSize }), used);

/** The hub's lawful view: masks of survivors taken off the sum of their words. */
function openedSum(uploads: readonly Uint8Array[], streams: readonly (readonly MaskStream[])[]): Int16Array {
  const total = new Uint16Array(layout.length);
  for (const one of uploads)
    for (const [index, word] of new Uint16Array(one.buffer, one.byteOffset, layout.length).entries())
      total[index]! += word;
  const own = streams.map((list): MaskStream => ({ key: list[0]!.key, sign: -1 }));
  applyMaskStreams({ bits: 16, streams: own, words: total, wordOffset: 0 });
  return new Int16Array(total.buffer);
}

test('the tokens that a member used are read from its plain update, not from its upload; the sum tells only the union', async (context) => {
  const recalls = { plain: [] as number[], masked: [] as number[], union: [] as number[] };
  for (let trial = 0; trial < 4; trial += 1) {
    const updates: Update[] = [];
    for (const member of [0, 1, 2])
      updates.push(
        await updateOf(
          `a1-${trial}-${member}`,
          rowsOver(tokensOf(`a1/${trial}/${member}`, 7), 16, `a1/${trial}/${member}`),
        ),
      );
    const streams = streamsOfMembers(3);
    const uploads = updates.map(({ levels }, member) => upload(levels, streams[member]!));
    for (const { levels, used } of updates) {
      recalls.plain.push(recallIn(levels, used));
      // Masked again and again under fresh keys: only chance is left, so it takes many to see that it is chance.
      for (let again = 0; again < 20; again += 1)
        recalls.masked.push(recallIn(asLevels(upload(levels, streamsOfMembers(3)[0]!)), used));
    }
    const sum = openedSum(uploads, streams);
    assert.deepEqual(
      [...sum],
      Array.from(sum, (_, index) => updates.reduce((all, { levels }) => all + levels[index]!, 0)),
    );
    recalls.union.push(recallIn(sum, new Set(updates.flatMap(({ used }) => [...used]))));
  }
  const mean = (list: readonly number[]) => list.reduce((all, one) => all + one, 0) / list.length;
  const chance = 7 / vocabularySize;
  const error = Math.sqrt((chance * (1 - chance)) / (7 * recalls.masked.length));
  context.diagnostic(
    `recall: plain ${mean(recalls.plain).toFixed(2)}, masked ${mean(recalls.masked).toFixed(2)} (chance ${chance.toFixed(2)}), union from the sum ${mean(recalls.union).toFixed(2)}`,
  );
  assert.ok(mean(recalls.plain) > 0.9);
  assert.ok(mean(recalls.union) > 0.9, 'the sum is no secret, and the document says so');
  assert.ok(Math.abs(mean(recalls.masked) - chance) < 3 * error);
});

test('that a document was trained on is read from a plain update, not from an upload; what the sum tells is printed', async (context) => {
  const plain: number[][] = [[], []];
  const masked: number[][] = [[], []];
  const sums: number[][] = [[], []];
  const trials = 16;
  for (let trial = 0; trial < trials; trial += 1) {
    const canaryRows = rowsOver(tokensOf(`a3/canary/${trial}`, 6), 4, `a3/canary/${trial}`);
    const canary = await updateOf(`a3-canary-${trial}`, canaryRows, 1);
    for (const isMember of [0, 1]) {
      const updates: Update[] = [];
      for (const member of [0, 1, 2]) {
        const own = rowsOver(tokensOf(`a3/${trial}/${member}`, 20), 12, `a3/${trial}/${member}/${isMember}`);
        updates.push(
          await updateOf(
            `a3-${trial}-${member}-${isMember}`,
            isMember === 1 && member === 0 ? [...own, ...canaryRows] : own,
          ),
        );
      }
      const streams = streamsOfMembers(3);
      const uploads = updates.map(({ levels }, member) => upload(levels, streams[member]!));
      plain[isMember]!.push(membershipScore(updates[0]!.levels, canary.delta));
      for (let again = 0; again < 10; again += 1)
        masked[isMember]!.push(
          membershipScore(asLevels(upload(updates[0]!.levels, streamsOfMembers(3)[0]!)), canary.delta),
        );
      sums[isMember]!.push(membershipScore(openedSum(uploads, streams), canary.delta));
    }
  }
  const auc = ([strangers, members]: number[][]) => areaUnderCurve(members!, strangers!);
  context.diagnostic(
    `AUC: plain ${auc(plain).toFixed(2)}, masked ${auc(masked).toFixed(2)}, sum of three ${auc(sums).toFixed(2)}`,
  );
  assert.ok(auc(plain) > 0.95);
  assert.ok(Math.abs(auc(masked) - 0.5) < 3 * standardErrorOfChance(10 * trials, 10 * trials));
});

test('two worlds look alike in uploads: other data, or a difference moved from one member to another; broken masking is told apart', async (context) => {
  const world = [
    await updateOf('a4-a', rowsOver(tokensOf('a4/a', 10), 16, 'a4/a')),
    await updateOf('a4-b', rowsOver(tokensOf('a4/b', 10), 16, 'a4/b')),
  ];
  const trials = 1_000;
  const tail = 1_024;
  const random = new SeededRandom('a4');
  /** The best guess of somebody who knows both updates: which of them is the upload more like? */
  const accuracy = (uploadOf: (levels: Int8Array) => Uint8Array): number => {
    let right = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      const truth = random.below(2);
      const words = asLevels(uploadOf(world[truth]!.levels)).subarray(-tail);
      const likeness = world.map(({ levels }) => membershipScore(words, Float32Array.from(levels.subarray(-tail))));
      right += (likeness[1]! > likeness[0]! ? 1 : 0) === truth ? 1 : 0;
    }
    return right / trials;
  };
  /** What an opening may give away of a member: the masks that it shares with peers who dropped. */
  const withoutPairs = (bytes: Uint8Array, pairs: readonly MaskStream[]): Uint8Array => {
    const words = new Uint16Array(bytes.slice().buffer);
    const inverse = pairs.map(({ key, sign }): MaskStream => ({ key, sign: sign === 1 ? -1 : 1 }));
    applyMaskStreams({ bits: 16, streams: inverse, words, wordOffset: 0 });
    return new Uint8Array(words.buffer);
  };
  const product = accuracy((levels) => {
    const [own, ...pairs] = streamsOfMembers(3)[0]!;
    return withoutPairs(upload(levels, [own!, ...pairs]), pairs);
  });
  const bareEnd = accuracy((levels) => {
    const bytes = upload(levels, streamsOfMembers(3)[0]!);
    new Int16Array(bytes.buffer, bytes.byteOffset).set(Int16Array.from(levels.subarray(-tail)), layout.length - tail);
    return bytes;
  });
  const withoutOwnMask = accuracy((levels) => {
    const [, ...pairs] = streamsOfMembers(3)[0]!;
    return withoutPairs(upload(levels, pairs), pairs);
  });
  const error = Math.sqrt(0.25 / trials);
  context.diagnostic(
    `right: product ${product.toFixed(2)}, last chunk bare ${bareEnd.toFixed(2)}, no own mask ${withoutOwnMask.toFixed(2)}`,
  );
  assert.ok(Math.abs(product - 0.5) <= 3 * error);
  assert.ok(bareEnd > 0.95 && withoutOwnMask > 0.95);

  // +d at one member and -d at another: the sum is the same, and so is what the hub can tell.
  const streams = streamsOfMembers(3);
  const [first, second] = world as [Update, Update];
  const half = Int8Array.from(first.levels, (level) => level >> 1);
  const difference = Int8Array.from(second.levels, (level) => level >> 2);
  const moved = half.map((level, index) => level + difference[index]!);
  const rest = half.map((level, index) => level - difference[index]!);
  const still = [upload(half, streams[0]!), upload(half, streams[1]!), upload(half, streams[2]!)];
  const shifted = [upload(moved, streams[0]!), upload(rest, streams[1]!), upload(half, streams[2]!)];
  assert.deepEqual(openedSum(shifted, streams), openedSum(still, streams));
  for (const bytes of [...still, ...shifted]) assert.ok(Math.abs(byteNonUniformity(bytes)) < 6);
  assert.ok(
    byteNonUniformity(new Uint8Array(Int16Array.from(half).buffer)) > 1_000,
    'the control: plain words are not uniform',
  );
});

test('a seed of sixteen bits is found by trying, keys of 256 bits are not; an update masked twice is noise only under fresh keys', async (context) => {
  const { levels } = await updateOf('a5', rowsOver(tokensOf('a5', 10), 8, 'a5'));
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
  assert.equal(search(upload(levels, [{ key: shortSeed(48_611), sign: 1 }])), 48_611);
  assert.equal(search(upload(levels, streamsOfMembers(3)[0]!)), undefined);

  // Two attempts carry the same levels. Under kept keys their difference is all zeros; under fresh ones it is noise.
  const kept = streamsOfMembers(3)[0]!;
  const differenceOf = (a: Uint8Array, b: Uint8Array) => a.map((byte, index) => byte - b[index]!);
  assert.ok(differenceOf(upload(levels, kept), upload(levels, kept)).every((byte) => byte === 0));
  const fresh = differenceOf(upload(levels, streamsOfMembers(3)[0]!), upload(levels, streamsOfMembers(3)[0]!));
  context.diagnostic(`byte non-uniformity of two fresh attempts' difference: ${byteNonUniformity(fresh).toFixed(1)}`);
  assert.ok(Math.abs(byteNonUniformity(fresh)) < 6);
});
