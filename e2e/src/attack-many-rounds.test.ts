// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { areaUnderCurve, membershipScore, standardErrorOfChance } from '@kiban/evals';
import { applyAveraging, initialWeights } from '@kiban/training';
import { toyModel } from '@kiban/training/conformance';
import { AttackBench, aggregate, asLevels, layout, mean, rowsOver, tokensOf, type Update } from './attack-bench.ts';

/**
 * Sums of rounds with different survivors differ by a member's update. How much does a hub that keeps all sums learn of whose a document is? It is
 * trained on in every round by one of two members; the hub compares sums with the one and without the other. Nothing here is broken: the figure is
 * what the protocol leaks by design, and it is printed.
 */
let bench: AttackBench;
before(async () => {
  bench = await AttackBench.open();
});
after(() => bench.close());

const memberCount = 5;
const roundCount = 10;
const trials = 10;

/** Who is lost in each round: nobody first, then one after the other as it comes. Five members can lose one. */
function lossesOf(trial: number): readonly (number | undefined)[] {
  const random = new SeededRandom(`many/${trial}/losses`);
  return Array.from({ length: roundCount }, (_, round) => (round === 0 ? undefined : random.below(memberCount)));
}

interface World {
  readonly sums: readonly Int16Array[];
  /** One masked upload of the first suspect per round. */
  readonly uploads: readonly Int16Array[];
}

test('over ten rounds with changing survivors the sums tell whose a document is; uploads do not, nor sums of all', async (context) => {
  const scores = new Map<string, [number[], number[]]>();
  const note = (name: string, world: 0 | 1, score: number): void => {
    const pair = scores.get(name) ?? [[], []];
    pair[world].push(score);
    scores.set(name, pair);
  };
  for (let trial = 0; trial < trials; trial += 1) {
    const canaryRows = rowsOver(tokensOf(`many/canary/${trial}`, 6), 4, `many/canary/${trial}`);
    const canary = await bench.updateOf(`many-canary-${trial}`, canaryRows, { stepCount: 1 });
    const losses = lossesOf(trial);
    for (const holder of [0, 1] as const) {
      const { sums, uploads } = await worldOf(trial, holder, canaryRows, losses);
      for (const rounds of [2, 5, roundCount])
        note(`${rounds} rounds`, holder, contrast(sums.slice(0, rounds), losses, canary.delta));
      note('all take part', holder, membershipScore(sums[0]!, canary.delta));
      for (const upload of uploads) note('uploads', holder, membershipScore(upload, canary.delta));
    }
  }
  const auc = (name: string) => areaUnderCurve(...scores.get(name)!);
  const error = standardErrorOfChance(trials, trials);
  const uploadError = standardErrorOfChance(trials * roundCount, trials * roundCount);
  for (const name of scores.keys())
    context.diagnostic(
      `AUC, ${name}: ${auc(name).toFixed(2)} (standard error of chance ${(name === 'uploads' ? uploadError : error).toFixed(2)})`,
    );
  assert.ok(auc('10 rounds') > 0.5 + 2 * error, 'the sums of many rounds are no secret, and the document says so');
  assert.ok(Math.abs(auc('all take part') - 0.5) < 3 * error);
  assert.ok(Math.abs(auc('uploads') - 0.5) < 4 * uploadError);
});

/** Mean score of sums with the first suspect and without the second, less the mean of those the other way. */
function contrast(sums: readonly Int16Array[], losses: readonly (number | undefined)[], canary: Float32Array): number {
  const meanOf = (lost: number) => {
    const chosen = sums.filter((_, round) => losses[round] === lost).map((sum) => membershipScore(sum, canary));
    return chosen.length === 0 ? undefined : chosen.reduce((all, one) => all + one, 0) / chosen.length;
  };
  const whole = sums.filter((_, round) => losses[round] !== 0 && losses[round] !== 1);
  const both = whole.reduce((all, sum) => all + membershipScore(sum, canary), 0) / Math.max(1, whole.length);
  return (meanOf(1) ?? both) - (meanOf(0) ?? both);
}

async function worldOf(
  trial: number,
  holder: number,
  canaryRows: readonly (readonly number[])[],
  losses: readonly (number | undefined)[],
): Promise<World> {
  const current = Float32Array.from([...initialWeights(toyModel, 'conformance')].flatMap(({ data }) => [...data]));
  const sums: Int16Array[] = [];
  const uploads: Int16Array[] = [];
  for (const [round, lost] of losses.entries()) {
    const base = await bench.trainer.weights('round', (tensors) =>
      tensors.map((tensor, place) => {
        const { offset, length } = layout.tensors[place]!;
        return { ...tensor, data: () => current.slice(offset, offset + length) };
      }),
    );
    const updates: Update[] = [];
    for (let member = 0; member < memberCount; member += 1) {
      const own = rowsOver(tokensOf(`many/${trial}/${member}`, 20), 12, `many/${trial}/${member}`);
      updates.push(
        await bench.updateOf(
          `many-${trial}-${round}-${member}-${holder}`,
          member === holder ? [...own, ...canaryRows] : own,
          { base },
        ),
      );
    }
    const result = await aggregate(
      updates.map(({ levels }) => levels),
      lost === undefined ? [] : [lost],
    );
    const survivors = updates.filter((_, member) => member !== lost);
    const step = current.map((_, index) => mean(survivors.map(({ delta }) => delta[index]!)));
    applyAveraging(current, step);
    sums.push(result.sum);
    uploads.push(asLevels(result.uploads[0]!));
  }
  return { sums, uploads };
}
