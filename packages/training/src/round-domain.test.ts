// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from '@kiban/core';
import fc from 'fast-check';
import { judgeHeldOut, judgeUpdate, lossTolerance } from './gate.ts';
import { applyAveraging, applyOuterStep } from './outer-optimiser.ts';
import { aggregationThresholds, plannedThresholds, runPlanSchema } from './run-plan.ts';
import { nextBlockRms, nextClipFactor, rmsFromScales, scalesFromRms } from './update-scales.ts';

const head = 'version: 1\nprogramme: p-1\ntitle: t\npurpose: p\n';
const plan = parseYaml(`${head}participants: [a1, b1, c1]\n`, runPlanSchema, 'plan');

test('thresholds follow floor(2N/3)+1, and three or four members wait for everybody', () => {
  const table = [3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 32].map((n) => aggregationThresholds(n));
  assert.deepEqual(
    table.map((one) => one.threshold),
    [3, 3, 4, 5, 5, 6, 7, 9, 11, 14, 22],
  );
  assert.deepEqual(
    table.map((one) => one.quorum),
    [3, 4, 4, 5, 5, 6, 7, 9, 11, 14, 22],
  );
});

test('a plan may raise threshold and quorum, and lower the quorum to the threshold, which is never below three', () => {
  const planned = (text: string) => plannedThresholds(parseYaml(`${head}${text}`, runPlanSchema, 'plan'));
  const four = 'participants: [a1, b1, c1, d1]\n';
  assert.deepEqual(planned(four), { threshold: 3, quorum: 4 });
  assert.deepEqual(planned(`${four}aggregation: { quorum: 3 }\n`), { threshold: 3, quorum: 3 });
  assert.deepEqual(planned(`${four}aggregation: { threshold: 4 }\n`), { threshold: 4, quorum: 4 });
  assert.throws(() => planned(`${four}aggregation: { quorum: 2 }\n`), /quorum/);
  assert.throws(() => planned(`${four}aggregation: { threshold: 4, quorum: 3 }\n`), /4 participants allow 4 to 4/);
  assert.throws(() => planned('participants: [a1, b1, c1, d1, e1]\naggregation: { quorum: 3 }\n'), /allow 4 to 5/);
});

test('plans that make no sense are refused, by field', () => {
  const faultOf = (text: string) => {
    try {
      parseYaml(`${head}${text}`, runPlanSchema, 'plan');
    } catch (error) {
      return (error as Error).message;
    }
    return 'accepted';
  };
  assert.match(faultOf('participants: [a1, b1]\n'), /at least 3 participants/);
  assert.match(faultOf('participants: [a1, b1, a1]\n'), /a1 is listed twice/);
  assert.match(
    faultOf('participants: [a1, b1, c1]\nstart: { trainedBy: z1 }\n'),
    /start.trainedBy: z1 is not a participant/,
  );
  assert.match(
    faultOf('participants: [a1, b1, c1, d1, e1]\naggregation: { threshold: 3 }\n'),
    /5 participants allow 4 to 5/,
  );
  assert.match(faultOf('participants: [a1, b1, c1]\naggregation: { quorum: 4 }\n'), /aggregation.quorum/);
  assert.match(
    faultOf('participants: [a1, b1, c1]\naggregation: { bits: 8, levelLimit: 43 }\n'),
    /does not fit 8 bits \(at most 42\)/,
  );
  assert.match(faultOf('participants: [a1, b1, c1]\nmodel: { vocabularySize: 1000 }\n'), /model.vocabularySize/);
  assert.equal(faultOf('participants: [a1, b1, c1]\naggregation: { bits: 8, levelLimit: 42 }\n'), 'accepted');
});

test('the outer step is Nesterov, and without momentum it is plain averaging', () => {
  const base = Float32Array.of(1, 2);
  const velocity = Float32Array.of(0.5, 0);
  applyOuterStep(base, velocity, Float32Array.of(0.25, -1), { learningRate: 1, momentum: 0.5 });
  assert.deepEqual([...velocity], [0.5, -1]);
  assert.deepEqual([...base], [1 - (0.25 + 0.25), 2 - (-1 - 0.5)]);
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true, min: -2, max: 2, minLength: 1, maxLength: 20 }), (values) => {
      const update = values.map((value) => value / 3);
      const averaged = values.slice();
      const stepped = values.slice();
      applyAveraging(averaged, update);
      applyOuterStep(stepped, new Float32Array(values.length), update, { learningRate: 1, momentum: 0 });
      // Adding zero makes -0 and 0 alike: which of them a zero is does not matter to the model.
      assert.deepEqual(
        stepped.map((value) => value + 0),
        averaged.map((value) => value + 0),
      );
    }),
  );
});

test('the gate refuses what is not finite, too long, worse on average, or harms too many', () => {
  const figures = { finite: true, norm: 1, clippedFraction: 0 };
  assert.equal(judgeUpdate(plan, figures, undefined).outcome, 'accepted');
  assert.equal(judgeUpdate(plan, { ...figures, norm: 5.1 }, 1).outcome, 'rejected');
  assert.equal(judgeUpdate(plan, { ...figures, norm: Number.NaN }, 1).outcome, 'rejected');
  assert.equal(judgeUpdate(plan, { ...figures, finite: false }, undefined).outcome, 'rejected');
  const heldOut = { members: 3, baseLossSum: 6, candidateLossSum: 5.9, worseMembers: 0 };
  assert.equal(judgeHeldOut(plan, 5, heldOut).outcome, 'accepted');
  assert.equal(judgeHeldOut(plan, 5, { ...heldOut, candidateLossSum: 6.03 }).outcome, 'rejected');
  assert.equal(judgeHeldOut(plan, 1, { ...heldOut, candidateLossSum: 6.03 }).outcome, 'accepted');
  assert.equal(judgeHeldOut(plan, 5, { ...heldOut, worseMembers: 2 }).outcome, 'rejected');
  assert.equal(judgeHeldOut(plan, 5, { ...heldOut, candidateLossSum: Number.NaN }).outcome, 'rejected');
  assert.ok(lossTolerance(plan, 3) > lossTolerance(plan, 4));
});

test('scales and root mean squares turn into each other, and scales follow what is clipped', () => {
  const rule = { levelLimit: 127, clipFactor: 12 };
  const rms = Float32Array.of(0.1, 1e-12, 3);
  const back = rmsFromScales(scalesFromRms(rms, rule), rule);
  assert.ok(Math.abs(back[0]! - 0.1) < 1e-6 && back[1]! >= 9e-9 && Math.abs(back[2]! - 3) < 1e-5);
  assert.equal(nextClipFactor(12, 0.01), 15);
  assert.equal(nextClipFactor(12, 0), 10.8);
  assert.equal(nextClipFactor(48, 0.5), 48);
  assert.ok(nextBlockRms(Float32Array.of(1), Float32Array.of(0), 3)[0]! < 1);
});
