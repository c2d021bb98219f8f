// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { piiClassNames } from './classes.ts';
import { evaluate } from './evaluate.ts';
import { makeTestSet } from './testset/make-test-set.ts';

test('every class keeps its limits on a small labelled set', () => {
  const report = evaluate({ seed: 'unit', perVariant: 8, decoys: 5_000 });
  assert.deepEqual(report.byClass.map(({ name }) => name).sort(), [...piiClassNames].sort());
  for (const { name, recall, precision } of report.byClass) {
    const soft = name === 'person-name' || name === 'address';
    assert.ok(recall! >= (soft ? 0.9 : 0.98), `${name}: recall ${recall}`);
    assert.ok(precision! >= (soft ? 0.85 : 0.95), `${name}: precision ${precision}`);
  }
  assert.equal(report.decoys.falseHits, 0);
});

test('an evaluation is the same for the same seed and another for another', () => {
  const run = (seed: string) => JSON.stringify(makeTestSet(seed, 2));
  assert.equal(run('a'), run('a'));
  assert.notEqual(run('a'), run('b'));
});

test('labels lie on the values of the set', () => {
  for (const { text, gold } of makeTestSet('labels', 2))
    for (const { class: name, start, end } of gold) {
      assert.ok(start >= 0 && end > start && end <= text.length);
      if (name === 'email-address') assert.match(text.slice(start, end).normalize('NFKC'), /^[^ ]+@[^ ]+$/);
      if (name === 'passport-number') assert.match(text.slice(start, end).normalize('NFKC'), /^[A-Z]{2}\d{7}$/);
    }
});
