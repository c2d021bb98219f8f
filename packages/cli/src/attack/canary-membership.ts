// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '@kiban/core';
import { createOnnxTrainer } from '@kiban/engine-onnx';
import { areaUnderCurve, membershipScore } from '@kiban/evals';
import { adamwSchema, openTokenShard, type TokenShardIndex } from '@kiban/training';
import type { RoundUpdates } from './gather-updates.ts';

/**
 * How well a view of an update tells rows of text that its member trained on from rows that it did not: area under the ROC curve, a half is
 * guessing. Rows are scored by the cosine of the view with what one step on the row alone would have changed. Rows of one member resemble each other, so
 * that one vector of noise is nearer to all of them or to none: `masked` is the mean over several attempts.
 */
export interface MembershipReading {
  readonly plain: number;
  readonly masked: number;
  readonly sum: number;
}

export interface Membership {
  /** Rows of the member's training text, and of each of the other two kinds; at most 24 of each. */
  readonly rowCounts: { readonly own: number; readonly others: number; readonly heldOut: number };
  /** Attempts that `masked` is the mean of. */
  readonly attempts: number;
  /** Against rows that another member trained on: whose text is it? */
  readonly whose: MembershipReading;
  /** Against held-out rows of the same member: was exactly this text trained on? */
  readonly trained: MembershipReading;
}

/** Views of one update, as levels or as words: each one or, under masks of several attempts, several. */
export type Views = Readonly<Record<keyof MembershipReading, readonly Int16Array[]>>;

/** Scores of rows, one list per view. */
type Scores = Readonly<Record<keyof MembershipReading, readonly number[][]>>;

const mostRowsPerSide = 24;

/** One step of the product's trainer from the round's base on each row, 72 at most; some seconds. @returns undefined without a base or rows of each kind */
export async function readMembership(
  round: RoundUpdates,
  member: string,
  views: Views,
): Promise<Membership | undefined> {
  const { updates, basePath, model } = round;
  const victim = updates.find((update) => update.member === member)!;
  const others = updates.filter((update) => update.member !== member);
  const sides = {
    own: sampleRows(victim.trainingShards, 'own'),
    heldOut: sampleRows(victim.heldOutShards, 'held-out'),
    others: sampleRows(
      others.flatMap(({ trainingShards }) => trainingShards),
      'others',
    ),
  };
  if (basePath === undefined || Object.values(sides).some((rows) => rows.length === 0)) return undefined;
  const workDirectory = mkdtempSync(join(tmpdir(), 'kiban-attack-'));
  try {
    await using session = await createOnnxTrainer().open({
      kind: 'federated',
      model,
      adamw: adamwSchema.parse({}),
      batchSize: 1,
      sequenceLength: sides.own[0]!.index.sequenceLength,
      threadCount: 1,
      workDirectory,
    });
    const deltaPath = join(workDirectory, 'canary.f32');
    const scoresOf = async (rows: readonly Row[]): Promise<Scores> => {
      const empty = (view: keyof Views) => views[view].map((): number[] => []);
      const scores = { plain: empty('plain'), masked: empty('masked'), sum: empty('sum') };
      for (const row of rows) {
        await session.resetMoments();
        await session.load(basePath);
        await session.run({
          firstStep: 0,
          stepCount: 1,
          schedule: { peak: 1e-3, warmupSteps: 0, totalSteps: 1, finalFraction: 1 },
          seed: 'canary',
          sources: [{ path: writeRow(workDirectory, row), weight: 1 }],
        });
        await session.writeDelta(deltaPath);
        const canary = new Float32Array(Uint8Array.from(readFileSync(deltaPath)).buffer);
        for (const view of ['plain', 'masked', 'sum'] as const)
          for (const [place, words] of views[view].entries()) scores[view][place]!.push(membershipScore(words, canary));
      }
      return scores;
    };
    const own = await scoresOf(sides.own);
    const against = async (rows: readonly Row[]): Promise<MembershipReading> => {
      const strangers = await scoresOf(rows);
      const area = (view: keyof Views) => {
        const areas = own[view].map((scores, place) => areaUnderCurve(scores, strangers[view][place]!));
        return areas.reduce((total, one) => total + one, 0) / areas.length;
      };
      return { plain: area('plain'), masked: area('masked'), sum: area('sum') };
    };
    const { own: ownRows, others: otherRows, heldOut } = sides;
    return {
      rowCounts: { own: ownRows.length, others: otherRows.length, heldOut: heldOut.length },
      attempts: views.masked.length,
      whose: await against(otherRows),
      trained: await against(heldOut),
    };
  } finally {
    rmSync(workDirectory, { recursive: true, force: true });
  }
}

interface Row {
  readonly index: TokenShardIndex;
  readonly bytes: Buffer;
}

/** Rows drawn from shards, each row as likely as any other; the same ones for the same run. */
function sampleRows(paths: readonly string[], seed: string): Row[] {
  const all = paths.flatMap((path) => {
    const shard = openTokenShard(path);
    shard.close();
    return Array.from({ length: shard.index.count }, (_, place) => ({ path, index: shard.index, place }));
  });
  return new SeededRandom(seed)
    .shuffle(all)
    .slice(0, mostRowsPerSide)
    .map(({ path, index, place }) => {
      const length = (index.sequenceLength + 1) * index.tokenBytes;
      return { index, bytes: readFileSync(path).subarray(place * length, (place + 1) * length) };
    });
}

/** A token shard of this row alone. */
function writeRow(directory: string, { index, bytes }: Row): string {
  const path = join(directory, 'row.bin');
  writeFileSync(path, bytes);
  writeFileSync(join(directory, 'row.idx.json'), JSON.stringify({ ...index, count: 1, textBytes: bytes.length }));
  return path;
}
