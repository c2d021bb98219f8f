// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemFrom, retryAfterSeconds } from './problems.ts';

test('Retry-After is read as seconds or as a date; what is neither asks for nothing', () => {
  const nowMs = Date.UTC(2026, 0, 1, 12);
  for (const [field, expected] of [
    ['7', 7],
    ['0', 0],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-3', undefined],
    [undefined, undefined],
  ] as const)
    assert.equal(retryAfterSeconds(field, nowMs), expected, `${field}`);
});

test('an answer of 429 or 503 may be asked again, whoever gave it, and says when', () => {
  const known = problemFrom(503, JSON.stringify({ code: 'receptions-full', title: 'Not just now' }), 4);
  assert.deepEqual([known.code, known.retryable, known.extra.retryAfterSeconds], ['receptions-full', true, 4]);
  const foreign = problemFrom(429, '<html>slow down</html>', 9);
  assert.deepEqual(
    [foreign.code, foreign.retryable, foreign.extra.retryAfterSeconds],
    ['answer-not-understood', true, 9],
  );
  assert.equal(problemFrom(404, '<html>who?</html>').retryable, false);
});
