// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openSafetensors } from '@kiban/tensor';
import { flatLayout } from '../layout.ts';
import type { TrainingProgress } from '../trainer-port.ts';
import type { MakeTrainer } from './describe-trainer.ts';
import { digestOfFile, type TrainerWorkbench, toyModel } from './trainer-workbench.ts';

/** Steps, evaluation, updates. */
export function describeTraining(makeTrainer: MakeTrainer, getBench: () => TrainerWorkbench): void {
  test('the loss falls on a text that can be learned, and on held-out text of its kind', async () => {
    const bench = getBench();
    const heldOut = { sources: [{ path: bench.shard('held-out', bench.countingRows(8, 'held-out')), weight: 1 }] };
    await using session = await makeTrainer().open(bench.spec('federated'));
    await session.load(await bench.weights('learning'));
    const before = await session.evaluate(heldOut);
    assert.ok(Math.abs(before.nats / before.tokens - Math.log(toyModel.vocabularySize)) < 0.2);
    const progress: TrainingProgress[] = [];
    const request = bench.request(bench.countingShard(200), { stepCount: 60 });
    const outcome = await session.run(request, { onProgress: (step) => progress.push(step) });
    const after = await session.evaluate(heldOut);
    assert.ok(after.nats < 0.5 * before.nats, `${before.nats} -> ${after.nats}`);
    assert.deepEqual([outcome.stepsDone, outcome.aborted, outcome.tokens], [60, false, 60 * 4 * 16]);
    assert.deepEqual(
      progress.map(({ step, tokens }) => [step, tokens]),
      Array.from({ length: 60 }, (_, index) => [index + 1, (index + 1) * 64]),
    );
    const mean = progress.reduce((sum, { loss }) => sum + loss, 0) / 60;
    assert.ok(Math.abs(outcome.meanLoss - mean) < 1e-9);
    assert.ok(progress.every(({ gradientNorm }) => gradientNorm > 0));
  });

  test('the same request gives the same bytes in two processes', async () => {
    const bench = getBench();
    const weights = await bench.weights('repeat');
    const digests: string[] = [];
    for (const run of [1, 2]) {
      await using session = await makeTrainer().open(bench.spec('federated'));
      await session.load(weights);
      await session.run(bench.request(bench.countingShard(), { stepCount: 30 }));
      const path = bench.file(`repeat-${run}.safetensors`);
      await session.exportWeights(path);
      digests.push(await digestOfFile(path));
    }
    assert.equal(digests[0], digests[1]);
  });

  test('weights come out as they went in', async () => {
    const bench = getBench();
    const weights = await bench.weights('in-and-out');
    await using session = await makeTrainer().open(bench.spec('sovereign'));
    await session.load(weights);
    const path = bench.file('out.safetensors');
    await session.exportWeights(path);
    assert.equal(await digestOfFile(path), await digestOfFile(weights));
  });

  test('the update is anchor minus weights, bit for bit, in flat order', async () => {
    const bench = getBench();
    const layout = flatLayout(toyModel);
    const weights = await bench.weights('delta');
    await using session = await makeTrainer().open(bench.spec('federated'));
    await session.load(weights);
    await session.run(bench.request(bench.countingShard()));
    const [trained, delta] = [bench.file('trained.safetensors'), bench.file('delta.f32')];
    await session.exportWeights(trained);
    await session.writeDelta(delta);
    const bytes = await readFile(delta);
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    assert.equal(values.length, layout.length);
    await using anchorFile = await openSafetensors(weights);
    await using trainedFile = await openSafetensors(trained);
    for (const { name, offset, length } of layout.tensors) {
      const own = await trainedFile.readF32(name);
      const expected = (await anchorFile.readF32(name)).map((value, index) => value - own[index]!);
      assert.deepEqual(values.subarray(offset, offset + length), expected, name);
      assert.ok(
        expected.some((value) => value !== 0),
        `${name} did not move`,
      );
    }
    await session.writeDelta(bench.file('again.f32'));
    assert.equal(await digestOfFile(bench.file('again.f32')), await digestOfFile(delta));
  });

  test('a sovereign session has no update to give', async () => {
    await using session = await makeTrainer().open(getBench().spec('sovereign'));
    assert.equal('writeDelta' in session, false);
  });

  test('evaluation leaves no trace in the state', async () => {
    const bench = getBench();
    const request = bench.request(bench.countingShard());
    const weights = await bench.weights('trace');
    const digests: string[] = [];
    for (const evaluates of [false, true]) {
      await using session = await makeTrainer().open(bench.spec('federated'));
      await session.load(weights);
      await session.run(request);
      if (evaluates) await session.evaluate({ sources: request.sources });
      await session.run({ ...request, firstStep: request.stepCount });
      const path = bench.file(`trace-${evaluates}.ckpt`);
      await session.saveCheckpoint(path);
      digests.push(await digestOfFile(path));
    }
    assert.equal(digests[0], digests[1]);
  });

  test('padding is no target: neither in the loss nor in the counts', async () => {
    const bench = getBench();
    const uniform = await bench.weights('uniform', (tensors) =>
      tensors.map((tensor) => ({ ...tensor, data: () => new Float32Array(tensor.shape.reduce((a, b) => a * b)) })),
    );
    await using session = await makeTrainer().open(bench.spec('federated'));
    await session.load(uniform);
    const path = bench.shard('padded', [[5, 6, 7], [5], [5, 6, 7, 8, 9, 10], [], [1, 0, 2]]);
    const { nats, tokens, textBytes } = await session.evaluate({ sources: [{ path, weight: 1 }] });
    assert.deepEqual([tokens, textBytes], [8, 500]);
    assert.ok(Math.abs(nats - 8 * Math.log(toyModel.vocabularySize)) < 1e-4, `${nats}`);
  });

  test('rows of padding do not change what the others teach', async () => {
    const bench = getBench();
    const rows = bench.countingRows(2, 'few');
    const weights = await bench.weights('rows');
    const trained: Float32Array[] = [];
    for (const [batchSize, all] of [
      [2, rows],
      [4, [...rows, [], []]],
    ] as const) {
      await using session = await makeTrainer().open(bench.spec('federated', { batchSize }));
      await session.load(weights);
      await session.run(bench.request(bench.shard(`rows-${batchSize}`, all), { stepCount: 3 }));
      const path = bench.file(`rows-${batchSize}.f32`);
      await session.writeDelta(path);
      trained.push(new Float32Array((await readFile(path)).buffer.slice(0)));
    }
    const norm = (values: Float32Array) => Math.hypot(...values);
    const difference = trained[0]!.map((value, index) => value - trained[1]![index]!);
    assert.ok(norm(difference) <= 1e-4 * norm(trained[0]!), `${norm(difference)} of ${norm(trained[0]!)}`);
  });

  test('evaluation counts whole rows until the wanted tokens are reached, whatever the batch size', async () => {
    const bench = getBench();
    const sources = [{ path: bench.countingShard(), weight: 1 }];
    const weights = await bench.weights('limit');
    const sums: number[] = [];
    for (const batchSize of [2, 4]) {
      await using session = await makeTrainer().open(bench.spec('federated', { batchSize }));
      await session.load(weights);
      const { nats, tokens, textBytes } = await session.evaluate({ sources, maximumTokens: 70 });
      assert.deepEqual([tokens, textBytes], [80, 500]);
      sums.push(nats);
    }
    assert.ok(Math.abs(sums[0]! - sums[1]!) < 1e-3);
  });

  test('a signal ends a run between two steps, and the rest of the run gives the same bytes as one piece', async () => {
    const bench = getBench();
    const weights = await bench.weights('abort');
    const request = bench.request(bench.countingShard(), { stepCount: 400 });
    await using session = await makeTrainer().open(bench.spec('federated'));
    await session.load(weights);
    const stop = new AbortController();
    const { stepsDone, aborted } = await session.run(request, {
      signal: stop.signal,
      onProgress: ({ step }) => step === 3 && stop.abort(),
    });
    assert.ok(aborted && stepsDone >= 3 && stepsDone < 400, `${stepsDone}`);
    await session.run({ ...request, firstStep: stepsDone, stepCount: 20 });
    await session.exportWeights(bench.file('in-two.safetensors'));
    await session.resetMoments();
    await session.load(weights);
    await session.run({ ...request, stepCount: stepsDone + 20 });
    await session.exportWeights(bench.file('in-one.safetensors'));
    assert.equal(
      await digestOfFile(bench.file('in-two.safetensors')),
      await digestOfFile(bench.file('in-one.safetensors')),
    );
    const before = await session.run(request, { signal: AbortSignal.abort() });
    assert.deepEqual([before.stepsDone, before.aborted], [0, true]);
  });

  test('moments outlive a new base and are forgotten only when asked', async () => {
    const bench = getBench();
    const weights = await bench.weights('moments');
    const request = bench.request(bench.countingShard());
    await using session = await makeTrainer().open(bench.spec('federated'));
    const trained = async (name: string) => {
      await session.load(weights);
      await session.run(request);
      await session.exportWeights(bench.file(name));
      return digestOfFile(bench.file(name));
    };
    const fresh = await trained('fresh.safetensors');
    assert.notEqual(await trained('kept.safetensors'), fresh);
    await session.resetMoments();
    assert.equal(await trained('reset.safetensors'), fresh);
  });

  test('sources with weights are mixed, and one of weight 0 is not touched', async () => {
    const bench = getBench();
    const weights = await bench.weights('mix');
    const own = { path: bench.countingShard(), weight: 1 };
    const other = bench.shard('other', bench.countingRows(40, 'other'));
    await using session = await makeTrainer().open(bench.spec('federated'));
    const loss = async (sources: readonly { path: string; weight: number }[]) => {
      await session.resetMoments();
      await session.load(weights);
      return (await session.run(bench.request('', { sources }))).meanLoss;
    };
    const alone = await loss([own]);
    assert.equal(await loss([own, { path: other, weight: 0 }]), alone);
    assert.notEqual(await loss([own, { path: other, weight: 0.5 }]), alone);
  });
}
