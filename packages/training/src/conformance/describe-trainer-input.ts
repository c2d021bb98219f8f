// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { TensorToWrite } from '@kiban/tensor';
import type { FederatedSession } from '../trainer-port.ts';
import type { MakeTrainer } from './describe-trainer.ts';
import { digestOfFile, type TrainerWorkbench, toyModel } from './trainer-workbench.ts';

/** Bad input: refused by name, and nothing is lost by it. */
export function describeTrainerInput(makeTrainer: MakeTrainer, getBench: () => TrainerWorkbench): void {
  let session: FederatedSession;
  before(async () => {
    session = await makeTrainer().open(getBench().spec('federated'));
  });
  after(() => session.close());

  const norm = 'model.layers.1.input_layernorm.weight';
  const wrongWeights: readonly [string, RegExp, (tensors: TensorToWrite[]) => readonly TensorToWrite[]][] = [
    ['a missing tensor', /input_layernorm/, (tensors) => tensors.filter(({ name }) => name !== norm)],
    [
      'an extra tensor',
      /lm_head\.bias/,
      (tensors) => [...tensors, { name: 'lm_head.bias', dtype: 'F32', shape: [1], data: () => Float32Array.of(1) }],
    ],
    ['a wrong shape', /input_layernorm/, replaced({ shape: [16], data: () => new Float32Array(16) })],
    ['a wrong type', /input_layernorm/, replaced({ dtype: 'BF16', data: () => new Float32Array(32) })],
    ['a value that is not finite', /input_layernorm/, replaced({ data: () => new Float32Array(32).fill(Number.NaN) })],
  ];
  function replaced(change: Partial<TensorToWrite>) {
    return (tensors: TensorToWrite[]) =>
      tensors.map((tensor) => (tensor.name === norm ? { ...tensor, ...change } : tensor));
  }

  test('weights that do not fit are refused by the name of the tensor, and the old ones stay', async () => {
    const bench = getBench();
    const good = await bench.weights('good');
    await session.load(good);
    for (const [what, message, change] of wrongWeights) {
      const bad = await bench.weights('bad', change);
      await assert.rejects(session.load(bad), { code: 'bad-weights', message }, what);
    }
    await assert.rejects(session.load(bench.file('none.safetensors')), {
      code: 'model-file-unreadable',
      message: /none\.safetensors/,
    });
    await session.exportWeights(bench.file('still.safetensors'));
    assert.equal(await digestOfFile(bench.file('still.safetensors')), await digestOfFile(good));
  });

  test('token shards that are damaged or made for another model are refused by name', async () => {
    const bench = getBench();
    await session.load(await bench.weights('shards'));
    const rows = bench.countingRows(8, 'broken');
    const cases: readonly [string, RegExp, () => void][] = [
      [
        'token-shard-invalid',
        /broken\.bin.*row \d/,
        () =>
          bench.shard(
            'broken',
            rows.map((row) => [...row.slice(1), 99]),
          ),
      ],
      ['token-shard-invalid', /broken\.bin.*bytes/, () => truncateSync(bench.shard('broken', rows), 100)],
      ['token-shard-invalid', /broken\.bin/, () => rmSync(bench.shard('broken', rows))],
      ['token-shard-invalid', /broken\.idx\.json/, () => writeFileSync(bench.file('broken.idx.json'), '{')],
      ['data-missing', /broken\.bin.*vocabulary/, () => bench.shard('broken', rows, { vocabularySize: 128 })],
      ['data-missing', /broken\.bin/, () => bench.shard('broken', [])],
    ];
    for (const [code, message, breakIt] of cases) {
      breakIt();
      await assert.rejects(session.run(bench.request(bench.file('broken.bin'))), { code, message });
    }
    const narrow = bench.shard('broken', rows, { sequenceLength: 8, count: 1 });
    truncateSync(narrow, 18);
    await assert.rejects(session.run(bench.request(narrow)), { code: 'data-missing', message: /broken\.bin.*16/ });
    const { tokens } = await session.evaluate({ sources: [{ path: bench.shard('empty', []), weight: 1 }] });
    assert.equal(tokens, 0);
    assert.equal((await session.run(bench.request(bench.countingShard()))).stepsDone, 6);
  });

  test('a specification that makes no sense is refused by its field', async () => {
    const bench = getBench();
    for (const [changes, message] of [
      [{ batchSize: 0 }, /batchSize/],
      [{ sequenceLength: toyModel.contextLength + 1 }, /sequenceLength/],
      [{ model: { ...toyModel, headCount: 3 } }, /headCount/],
    ] as const)
      await assert.rejects(makeTrainer().open(bench.spec('federated', changes)), { code: 'bad-config', message });
  });

  test('a request that makes no sense is refused by its field', async () => {
    const bench = getBench();
    await assert.rejects(session.run(bench.request(bench.countingShard(), { stepCount: -1 })), {
      code: 'bad-config',
      message: /stepCount/,
    });
    await assert.rejects(session.evaluate({ sources: [] }), { code: 'bad-config', message: /sources/ });
  });

  test('nothing is trained before weights are there', async () => {
    const bench = getBench();
    await using fresh = await makeTrainer().open(bench.spec('federated'));
    const path = bench.countingShard();
    await assert.rejects(fresh.run(bench.request(path)), { code: 'bad-config' });
    await assert.rejects(fresh.evaluate({ sources: [{ path, weight: 1 }] }), { code: 'bad-config' });
    await assert.rejects(fresh.writeDelta(bench.file('none.f32')), { code: 'bad-config' });
  });

  test('a run that diverges says so, and gives none of its weights away', async () => {
    const bench = getBench();
    const weights = await bench.weights('diverging');
    const request = bench.request(bench.countingShard());
    await session.resetMoments();
    await session.load(weights);
    const { meanLoss } = await session.run(request);
    const schedule = { ...request.schedule, peak: 3e38, warmupSteps: 0 };
    await assert.rejects(session.run({ ...request, schedule }), { code: 'diverged', message: /step \d/ });
    await assert.rejects(session.writeDelta(bench.file('diverged.f32')), { code: 'bad-config' });
    await session.load(weights);
    assert.equal((await session.run(request)).meanLoss, meanLoss);
  });
}
