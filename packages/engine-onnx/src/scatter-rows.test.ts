// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { Tensor } from 'onnxruntime-node';
import { scatterRows } from './differentiable-operations.ts';
import { GradientTape } from './gradient-tape.ts';
import { GraphBuilder } from './graph-builder.ts';
import { openSession } from './inference-session.ts';

test('rows that occur many times are summed without a loss on two threads, and repeatably', async () => {
  const [rowCount, tableRows, width] = [2_048, 64, 96];
  const builder = new GraphBuilder();
  const table = builder.input('table', 'float32', [tableRows, width]);
  const rows = builder.input('rows', 'int32', [rowCount]);
  const values = builder.input('values', 'float32', [rowCount, width]);
  const sum = scatterRows(new GradientTape(builder), table, rows, values);
  builder.output(sum);
  const session = await openSession(builder.finish('scatter'), 2);

  const random = new SeededRandom('scatter');
  // Half of all rows hit the same table row, as a frequent token does.
  const targets = Int32Array.from({ length: rowCount }, (_, row) => (row % 2 === 0 ? 7 : random.below(tableRows)));
  const data = Float32Array.from({ length: rowCount * width }, () => random.normal());
  const exact = new Float64Array(tableRows * width);
  data.forEach((value, index) => {
    const target = targets[Math.floor(index / width)]! * width + (index % width);
    exact[target]! += value;
  });
  const feeds = {
    table: new Tensor('float32', new Float32Array(tableRows * width), [tableRows, width]),
    rows: new Tensor('int32', targets, [rowCount]),
    values: new Tensor('float32', data, [rowCount, width]),
  };
  let first: Float32Array | undefined;
  for (let repeat = 0; repeat < 5; repeat += 1) {
    const got = (await session.run(feeds))[sum.name]!.data as Float32Array;
    const largestError = got.reduce((worst, value, index) => Math.max(worst, Math.abs(value - exact[index]!)), 0);
    assert.ok(largestError < 1e-3, `off by ${largestError}`);
    first ??= got;
    assert.deepEqual(got, first);
  }
  await session.release();
});
