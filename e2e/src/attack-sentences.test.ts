// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { createOnnxTrainer } from '@kiban/engine-onnx';
import { type AttackedModel, rankTokensBySpan, recoverSentence, type SpanAttack, tokenRecall } from '@kiban/evals';
import { initialWeights } from '@kiban/training';
import { TrainerWorkbench, toyModel } from '@kiban/training/conformance';
import {
  aggregate,
  asLevels,
  contextLength,
  floatsIn,
  layout,
  levelsOf,
  mean,
  vocabularySize,
} from './attack-bench.ts';

const weights = new Map([...initialWeights(toyModel, 'conformance')].map(({ tensor, data }) => [tensor.name, data]));
const model: AttackedModel = { ...toyModel, weights: (name) => weights.get(name)! };

/** A flat vector in the layout of the model. */
const named = (values: Float32Array | Int8Array | Int16Array) => (name: string) => {
  const { offset, length } = layout.tensors.find((tensor) => tensor.name === name)!;
  return values.subarray(offset, offset + length);
};

interface Step {
  /** As a build would send it that gives away gradients. */
  readonly gradient: Float32Array;
  readonly delta: Float32Array;
}

/** One step of the product's trainer on one sequence. After it AdamW's first moment is a tenth of the clipped gradient, and the checkpoint holds it. */
async function stepsOn(sentences: readonly (readonly number[])[]): Promise<Step[]> {
  const bench = new TrainerWorkbench();
  await using session = await createOnnxTrainer().open(bench.spec('federated', { batchSize: 1 }));
  const base = await bench.weights('base');
  const steps: Step[] = [];
  for (const sentence of sentences) {
    await session.resetMoments();
    await session.load(base);
    await session.run(bench.request(bench.shard('one', [sentence]), { stepCount: 1 }));
    await session.saveCheckpoint(bench.file('one.ckpt'));
    await session.writeDelta(bench.file('one.f32'));
    steps.push({
      gradient: firstMoments(bench.file('one.ckpt')),
      delta: floatsIn(bench.file('one.f32')),
    });
  }
  bench.remove();
  return steps;
}

/** A checkpoint is a header of 256 bytes, then float32 vectors of the model's length: weights, first moments, second moments, base. */
function firstMoments(path: string): Float32Array {
  const bytes = readFileSync(path);
  const start = 256 + 4 * layout.length;
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + start + 4 * layout.length));
}

/** What the hub may be given of one step, by what a build sends. */
const views = ['gradient', 'its levels', 'AdamW levels', 'masked gradient', 'masked AdamW'] as const;

test('the tokens of a step and then its sentence are read from a plain gradient, and not from masked words', async (context) => {
  const random = new SeededRandom('a2');
  const sentences = Array.from({ length: 12 }, () =>
    random
      .shuffle(Array.from({ length: vocabularySize - 8 }, (_, index) => index + 8))
      .slice(0, contextLength + 1)
      // Words come back in a sentence.
      .map((token, place, all) => (place % 5 === 4 ? all[place - 3]! : token)),
  );
  const tokens = new Map(views.map((view) => [view, [] as number[]]));
  const places = new Map(views.map((view) => [view, [] as number[]]));
  let whole = 0;
  const used = sentences.map((sentence) => new Set(sentence.slice(0, contextLength)));
  const read = (view: (typeof views)[number], values: Float32Array | Int8Array | Int16Array, trial: number): void => {
    const attack: SpanAttack = { model, update: named(values), length: contextLength };
    const ranking = rankTokensBySpan(attack);
    tokens.get(view)!.push(tokenRecall(ranking, used[trial]!));
    const found = recoverSentence(attack, ranking.slice(0, contextLength));
    const right = found.filter((token, place) => token === sentences[trial]![place]).length;
    places.get(view)!.push(right / contextLength);
    if (view === 'gradient' && right === contextLength) whole += 1;
  };
  for (const [trial, { gradient, delta }] of (await stepsOn(sentences)).entries()) {
    const [gradientLevels, deltaLevels] = [levelsOf(gradient, `g/${trial}`), levelsOf(delta, `d/${trial}`)];
    read('gradient', gradient, trial);
    read('its levels', gradientLevels, trial);
    read('AdamW levels', deltaLevels, trial);
    for (let again = 0; again < 4; again += 1) {
      const { uploads } = await aggregate([gradientLevels, deltaLevels, deltaLevels]);
      read('masked gradient', asLevels(uploads[0]!), trial);
      read('masked AdamW', asLevels(uploads[1]!), trial);
    }
  }
  const chance = mean(used.map(({ size }) => size / vocabularySize));
  const chanceOfPlace = 1 / vocabularySize;
  for (const view of views)
    context.diagnostic(
      `${view}: tokens ${mean(tokens.get(view)!).toFixed(2)} (chance ${chance.toFixed(2)}), tokens at their place ${mean(places.get(view)!).toFixed(2)} (chance ${chanceOfPlace.toFixed(2)})`,
    );
  context.diagnostic(`whole sentences from the gradient: ${whole} of ${sentences.length}`);
  assert.equal(mean(tokens.get('gradient')!), 1);
  assert.ok(whole >= sentences.length - 1, `${whole} sentences`);
  for (const view of ['masked gradient', 'masked AdamW'] as const) {
    const count = contextLength * tokens.get(view)!.length;
    assert.ok(Math.abs(mean(tokens.get(view)!) - chance) < 4 * Math.sqrt((chance * (1 - chance)) / count), view);
    assert.ok(mean(places.get(view)!) - chanceOfPlace < 4 * Math.sqrt(chanceOfPlace / count), view);
  }
});
