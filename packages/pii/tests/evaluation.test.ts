// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from '../src/index.ts';

test('recall, precision and false hits keep their limits for every class and way of typing', () => {
  const report = evaluate({ perVariant: 100, decoys: 100_000 });
  assert.deepEqual(report.missed, []);
  assert.ok(report.decoys.numbers >= 100_000);
  for (const row of report.byClass) {
    assert.ok(row.flagged >= row.doubtful * 0.98, `${row.name}: wrong check digits shown for review`);
    assert.equal(row.bareHits, 0, `${row.name}: bare numbers`);
  }
});
