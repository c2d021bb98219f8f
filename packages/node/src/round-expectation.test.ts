// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml, sha256Hex } from '@kiban/core';
import type { AggregationPlan } from '@kiban/secagg';
import { runPlanSchema } from '@kiban/training';
import { type RoundExpectation, unexpectedIn } from './round-expectation.ts';

const plan = parseYaml(
  'version: 1\nprogramme: p-1\ntitle: t\npurpose: p\nparticipants: [a1, b1, c1]\n',
  runPlanSchema,
  'plan',
);
const expected: RoundExpectation = {
  state: { programme: plan.programme },
  plan,
  round: { base: { digest: sha256Hex('base') }, scales: { digest: sha256Hex('scales') } },
  wordCount: 100,
  terms: sha256Hex('plan'),
};
const asked: AggregationPlan = {
  version: 1,
  programme: plan.programme,
  instance: 'p-1.r1.update',
  attempt: 1,
  roster: plan.participants.map((organisation) => ({ organisation, roundPublicKey: '' })),
  threshold: 3,
  quorum: 3,
  baseDigest: sha256Hex('base'),
  wordCount: 100,
  bits: 16,
  levelLimit: 127,
  scalesDigest: sha256Hex('scales'),
  scalars: [],
  shardBytes: 65_536,
  prg: 'aes-256-ctr/v1',
  graceMs: 1_000,
  termsDigest: sha256Hex('plan'),
};

test('what was approved and announced is taken part in', () => {
  assert.equal(unexpectedIn(asked, expected), undefined);
});

test('four members go on with three only if the approved plan says so', () => {
  const four = parseYaml(
    'version: 1\nprogramme: p-1\ntitle: t\npurpose: p\nparticipants: [a1, b1, c1, d1]\naggregation: { quorum: 3 }\n',
    runPlanSchema,
    'plan',
  );
  const roster = four.participants.map((organisation) => ({ organisation, roundPublicKey: '' }));
  const unsaid = { ...four, aggregation: { ...four.aggregation, quorum: undefined } };
  assert.equal(unexpectedIn({ ...asked, roster }, { ...expected, plan: four }), undefined);
  assert.match(unexpectedIn({ ...asked, roster }, { ...expected, plan: unsaid }) ?? '', /quorum/);
});

test('another programme, roster, base, scales, size, terms, levels, threshold or quorum are each refused', () => {
  const other = sha256Hex('other');
  const changes: Partial<AggregationPlan>[] = [
    { programme: 'p-2' as AggregationPlan['programme'] },
    { roster: asked.roster.slice(1) },
    {
      roster: [
        ...asked.roster,
        { organisation: 'd1' as AggregationPlan['roster'][number]['organisation'], roundPublicKey: '' },
      ],
    },
    { baseDigest: other },
    { scalesDigest: other },
    { wordCount: 101 },
    { termsDigest: other },
    { bits: 8 },
    { levelLimit: 126 },
    { threshold: 2 },
    { quorum: 2 },
  ];
  for (const change of changes)
    assert.equal(typeof unexpectedIn({ ...asked, ...change }, expected), 'string', JSON.stringify(change));
});
