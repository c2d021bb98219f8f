// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KibanError } from '@kiban/core';
import { pauseMs } from './retry-pause.ts';

const busy = (retryAfterSeconds?: unknown) =>
  new KibanError({ code: 'busy', status: 503, title: { ja: '', en: '' }, extra: { retryAfterSeconds } });

test('a call is repeated no earlier than the hub asked for, a minute at most, and never faster than one’s own pace', () => {
  for (const [asked, own, expected] of [
    [3, 100, 3_000],
    [0, 400, 400],
    [1, 5_000, 5_000],
    [86_400, 100, 60_000],
    [-5, 100, 100],
    ['3', 100, 100],
    [undefined, 800, 800],
  ] as const)
    assert.equal(pauseMs(busy(asked), own), expected, `asked for ${asked}`);
});
