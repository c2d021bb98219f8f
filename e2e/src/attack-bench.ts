// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type OrganisationId, SeededRandom } from '@kiban/core';
import { createOnnxTrainer } from '@kiban/engine-onnx';
import { rankMovedTokens, tokenRecall } from '@kiban/evals';
import { type Rehearsal, rehearseAttempt } from '@kiban/secagg';
import { quantiseBlock, rootMeanSquare, roundingNoise } from '@kiban/tensor';
import { type FederatedSession, flatLayout, scaleBlocks, scalesFromRms } from '@kiban/training';
import { TrainerWorkbench, toyModel } from '@kiban/training/conformance';

export const layout = flatLayout(toyModel);
export const { hiddenSize, vocabularySize, contextLength } = toyModel;
export const levelLimit = 127;
const embedding = layout.tensors[0]!;

export interface Update {
  readonly used: ReadonlySet<number>;
  readonly delta: Float32Array;
  readonly levels: Int8Array;
}

/** Real updates of a toy model for the attacks: the product's trainer, quantiser and aggregation, on text of a few tokens. */
export class AttackBench {
  readonly trainer: TrainerWorkbench;
  readonly session: FederatedSession;
  readonly base: string;

  static async open(): Promise<AttackBench> {
    const trainer = new TrainerWorkbench();
    const session = await createOnnxTrainer().open(trainer.spec('federated'));
    const bench = new AttackBench(trainer, session, await trainer.weights('base'));
    const everyToken = Array.from({ length: vocabularySize - 8 }, (_, index) => index + 8);
    bench.#blockRms = rmsOf((await bench.updateOf('public', rowsOver(everyToken, 16, 'public'))).delta);
    return bench;
  }

  /** Of an update on public text, as a programme's first scales are. */
  #blockRms: Float32Array | undefined;

  private constructor(trainer: TrainerWorkbench, session: FederatedSession, base: string) {
    this.trainer = trainer;
    this.session = session;
    this.base = base;
  }

  /** Trained from `base` by the product's trainer, quantised as the node does it with scales that are the same for all. */
  async updateOf(
    name: string,
    rows: readonly (readonly number[])[],
    { stepCount = 4, base = this.base } = {},
  ): Promise<Update> {
    const { session, trainer } = this;
    await session.resetMoments();
    await session.load(base);
    await session.run(trainer.request(trainer.shard('rows', rows), { stepCount, seed: name }));
    const path = trainer.file('delta.f32');
    await session.writeDelta(path);
    const delta = floatsIn(path);
    return { used: new Set(rows.flat()), delta, levels: levelsOf(delta, name, this.#blockRms) };
  }

  async close(): Promise<void> {
    await this.session.close();
    this.trainer.remove();
  }
}

/** Rows over a few tokens of its own, as a company's words are. */
export function rowsOver(tokens: readonly number[], count: number, seed: string): number[][] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => Array.from({ length: contextLength + 1 }, () => random.pick([...tokens])));
}

export function tokensOf(seed: string, count: number): number[] {
  return new SeededRandom(seed)
    .shuffle(Array.from({ length: vocabularySize - 8 }, (_, index) => index + 8))
    .slice(0, count);
}

/** Stochastic rounding to levels. @param blockRms what the scales are made of, the same for all members; by default the vector's own */
export function levelsOf(delta: Float32Array, seed: string, blockRms = rmsOf(delta)): Int8Array {
  const scales = scalesFromRms(blockRms, { levelLimit, clipFactor: 12 });
  const levels = new Int8Array(delta.length);
  for (const [index, { offset, length }] of [...scaleBlocks(layout)].entries()) {
    const noise = roundingNoise(createHash('md5').update(`${seed}/${index}`).digest());
    const result = quantiseBlock(delta.subarray(offset, offset + length), scales[index]!, levelLimit, noise);
    assert.ok(result.ok);
    levels.set(result.block.levels, offset);
  }
  return levels;
}

function rmsOf(delta: Float32Array): Float32Array {
  return Float32Array.from([...scaleBlocks(layout)], ({ offset, length }) =>
    rootMeanSquare(delta.subarray(offset, offset + length)),
  );
}

/** One whole attempt at secure aggregation over these updates, with fresh keys; `lost` fall silent after their upload. */
export function aggregate(levels: readonly Int8Array[], lost: readonly number[] = []): Promise<Rehearsal> {
  const members = levels.map((own, place) => ({
    organisation: `member-${'abcdefgh'[place]}` as OrganisationId,
    levels: own,
    lost: lost.includes(place),
  }));
  return rehearseAttempt({ members, levelLimit });
}

export const asLevels = (bytes: Uint8Array) => new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

/** Recall of used tokens from how the rows of the embedding moved. */
export function recallIn(values: Float32Array | Int8Array | Int16Array, used: ReadonlySet<number>): number {
  const rows = values.subarray(embedding.offset, embedding.offset + embedding.length);
  return tokenRecall(rankMovedTokens({ values: rows, hiddenSize }), used);
}

export const mean = (list: readonly number[]) => list.reduce((all, one) => all + one, 0) / list.length;

export function floatsIn(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
