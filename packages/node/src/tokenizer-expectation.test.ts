// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml, sha256Hex } from '@kiban/core';
import { countLimit } from '@kiban/corpus';
import type { OpenTokenizerRound } from '@kiban/protocol';
import type { AggregationPlan } from '@kiban/secagg';
import { runPlanSchema } from '@kiban/training';
import {
  type TokenizerExpectation,
  unexpectedInTokenizerSum,
  unexpectedTokenizerRound,
} from './tokenizer-expectation.ts';

const plan = parseYaml(
  'version: 1\nprogramme: p-1\ntitle: t\npurpose: p\nparticipants: [a1, b1, c1]\ntokenizer: { training: federated, sketchWidth: 1024, candidates: 10, maximumRounds: 5 }\n',
  runPlanSchema,
  'plan',
);
const file = (name: string) => ({ digest: sha256Hex(name), byteLength: 1 });
const pairs: OpenTokenizerRound = {
  instance: 'p-1.t2.pairs',
  attempt: 1,
  round: 2,
  merges: file('merges'),
  candidates: null,
};
const counting: OpenTokenizerRound = {
  ...pairs,
  instance: 'p-1.t2.candidates',
  candidates: { ...file('candidates'), count: 7 },
};
const state = { programme: plan.programme, planDigest: sha256Hex('plan') };
const expected: TokenizerExpectation = { state, plan, round: pairs };
const asked: AggregationPlan = {
  version: 1,
  programme: plan.programme,
  instance: pairs.instance,
  attempt: 1,
  roster: plan.participants.map((organisation) => ({ organisation, roundPublicKey: '' })),
  threshold: 3,
  quorum: 3,
  baseDigest: sha256Hex('merges'),
  wordCount: 2 * 5 * 1_024,
  bits: 32,
  levelLimit: countLimit,
  scalesDigest: sha256Hex('merges'),
  scalars: [],
  shardBytes: 65_536,
  prg: 'aes-256-ctr/v1',
  graceMs: 1_000,
  termsDigest: sha256Hex('plan'),
};

test('sketches and counts of the approved size are taken part in', () => {
  assert.equal(unexpectedInTokenizerSum(asked, expected), undefined);
  const counts = { ...asked, instance: counting.instance, scalesDigest: sha256Hex('candidates'), wordCount: 28 };
  assert.equal(unexpectedInTokenizerSum(counts, { ...expected, round: counting }), undefined);
});

test('rounds that the approved plan has no place for are refused before anything is counted', () => {
  const publicPlan = { ...plan, tokenizer: { ...plan.tokenizer, training: 'public' as const } };
  assert.match(unexpectedTokenizerRound({ ...expected, plan: publicPlan }) ?? '', /public corpus alone/);
  for (const round of [
    { ...pairs, round: 6, instance: 'p-1.t6.pairs' },
    { ...pairs, instance: 'p-1.r2.update' },
    { ...counting, instance: 'p-1.t2.pairs' },
    { ...counting, candidates: { ...file('candidates'), count: 11 } },
  ])
    assert.equal(typeof unexpectedTokenizerRound({ ...expected, round }), 'string', round.instance);
});

test('another programme, roster, question, size, terms, word, threshold or an added scalar are each refused', () => {
  const changes: Partial<AggregationPlan>[] = [
    { programme: 'p-2' as AggregationPlan['programme'] },
    { roster: asked.roster.slice(1) },
    { baseDigest: sha256Hex('other') },
    { scalesDigest: sha256Hex('other') },
    { wordCount: asked.wordCount + 1 },
    { termsDigest: sha256Hex('other') },
    { bits: 16 },
    { levelLimit: 1 },
    { threshold: 2 },
    { quorum: 2 },
    { scalars: [{ name: 'documents', bound: 1, scale: 1 }] },
  ];
  for (const change of changes)
    assert.equal(typeof unexpectedInTokenizerSum({ ...asked, ...change }, expected), 'string', JSON.stringify(change));
});

test('a plan may not ask for fewer members than two of a small coalition or three of a larger one', () => {
  const planOf = (members: number, minimum: number) =>
    `version: 1\nprogramme: p-1\ntitle: t\npurpose: p\nparticipants: [${Array.from({ length: members }, (_, index) => `m${index}`).join(', ')}]\ntokenizer: { training: federated, minimumMembers: ${minimum} }\n`;
  assert.equal(parseYaml(planOf(4, 2), runPlanSchema, 'plan').tokenizer.minimumMembers, 2);
  for (const [members, minimum] of [
    [3, 1],
    [3, 4],
    [5, 2],
  ] as const)
    assert.throws(() => parseYaml(planOf(members, minimum), runPlanSchema, 'plan'), { code: 'config-invalid' });
});
