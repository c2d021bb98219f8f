// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKibanError } from '@kiban/core';
import { Coalition } from './coalition-driver.ts';
import { keyFor } from './coalition-seeds.ts';
import type { AggregationPlan } from './plan.ts';
import { checkPlan, leastQuorum, leastThreshold, sameUpdateFits } from './plan-check.ts';
import { readPlan, signPlan } from './plan-text.ts';
import { refusalToError } from './problems.ts';
import { refusalOf } from './refusal.ts';

const { plan, planText, hubKey } = new Coalition({ memberCount: 5 });

test('threshold and quorum are those of the published table', () => {
  const sizes = [3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 32];
  assert.deepEqual(sizes.map(leastThreshold), [3, 3, 4, 5, 5, 6, 7, 9, 11, 14, 22]);
  assert.deepEqual(
    sizes.map((size) => leastQuorum(size)),
    [3, 4, 4, 5, 5, 6, 7, 9, 11, 14, 22],
  );
});

test('a sound plan has no faults, and every unsound one is told what is wrong', () => {
  assert.deepEqual(checkPlan(plan), []);
  const [first, second, ...rest] = plan.roster as [
    AggregationPlan['roster'][number],
    AggregationPlan['roster'][number],
  ];
  const faulty: [Partial<AggregationPlan>, RegExp][] = [
    [{ roster: [first, second] }, /roster: 2 members/],
    [{ roster: [second, first, ...rest] }, /roster: not sorted/],
    [{ roster: [first, { ...second, roundPublicKey: first.roundPublicKey }, ...rest] }, /roster: a key/],
    [{ roster: [first, { ...second, roundPublicKey: 'AAAA' }, ...rest] }, /no Ed25519/],
    [{ threshold: 3 }, /threshold/],
    [{ quorum: 3 }, /quorum/],
    [{ quorum: 6 }, /quorum/],
    [{ levelLimit: 6554 }, /levelLimit/],
    [{ scalars: [{ name: 'a', bound: 429496730, scale: 1 }] }, /scalars: a/],
    [{ scalars: [], wordCount: 0 }, /nothing to add/],
    [{ shardBytes: 100 }, /shardBytes/],
    [{ shardBytes: 16 * 1024 * 1024 + 64 }, /shardBytes/],
  ];
  for (const [change, about] of faulty) {
    const faults = checkPlan({ ...plan, ...change });
    assert.ok(
      faults.some((fault) => about.test(fault.about)),
      `${about}: ${JSON.stringify(faults)}`,
    );
  }
  assert.equal(checkPlan(plan, { maxWordCount: plan.wordCount - 1 }).length, 1);
});

test('four members may go on with three only where every steward approved it', () => {
  const four = { ...new Coalition({ memberCount: 4 }).plan, quorum: 3 };
  assert.equal(checkPlan(four).length, 1);
  assert.equal(checkPlan(four, { lowQuorumApproved: true }).length, 0);
});

test('a plan is read back from its signed text, and from no other', () => {
  const reading = readPlan(planText, hubKey.verifyKey);
  assert.ok(reading.ok);
  assert.deepEqual(reading.plan, plan);
  assert.equal(signPlan(reading.plan, hubKey), planText);
  const codeOf = (text: string, key = hubKey) => {
    const other = readPlan(text, key.verifyKey);
    return other.ok || other.refusal.code;
  };
  assert.equal(codeOf(planText, keyFor('another')), 'plan-signature-wrong');
  assert.equal(codeOf(planText.replace('levelLimit\\":127', 'levelLimit\\":126')), 'plan-signature-wrong');
  assert.equal(codeOf(` ${planText}`), 'plan-malformed');
  assert.equal(codeOf('{}'), 'plan-malformed');
});

test('the same update fits a later attempt unless what shaped it changed', () => {
  const later = { ...plan, attempt: 2, roster: plan.roster.slice(0, 4) };
  assert.equal(sameUpdateFits(plan, later), true);
  assert.equal(sameUpdateFits(plan, { ...later, levelLimit: 126 }), false);
  assert.equal(sameUpdateFits(plan, { ...later, instance: 'other' }), false);
});

test('a refusal becomes an error in both languages that names who and what', () => {
  const error = refusalToError(refusalOf('share-wrong', 'dealt by alder', ['birch' as never]));
  assert.ok(isKibanError(error));
  assert.equal(error.status, 422);
  assert.match(error.detail.en, /dealt by alder.*birch/s);
  assert.match(error.detail.ja, /birch/);
});
