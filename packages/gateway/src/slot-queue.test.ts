// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlotQueue } from './slot-queue.ts';

test('slots are given in order of arrival and the line is bounded', async () => {
  const queue = new SlotQueue({ slots: 1, maximumWaiting: 2, retryAfterMs: 250 });
  const order: number[] = [];
  const noting = (place: number) => (release: () => void) => {
    order.push(place);
    return release;
  };
  const release = await queue.acquire();
  const second = queue.acquire().then(noting(2));
  const third = queue.acquire().then(noting(3));
  await assert.rejects(queue.acquire(), { code: 'engine-busy', extra: { retryAfterMs: 250 } });
  release();
  (await second)();
  (await third)();
  assert.deepEqual(order, [2, 3]);
  (await queue.acquire())();
});

test('who aborts leaves the line and its place is free again', async () => {
  const queue = new SlotQueue({ slots: 1, maximumWaiting: 1 });
  const release = await queue.acquire();
  const aborting = new AbortController();
  const leaving = queue.acquire(aborting.signal);
  aborting.abort(new Error('gone'));
  await assert.rejects(leaving, /gone/);
  const staying = queue.acquire();
  release();
  (await staying)();
  await assert.rejects(queue.acquire(aborting.signal), /gone/);
});

test('closing refuses those who wait and those who come', async () => {
  const queue = new SlotQueue({ slots: 1, maximumWaiting: 1 });
  const release = await queue.acquire();
  const waiting = queue.acquire();
  queue.close();
  await assert.rejects(waiting, { code: 'engine-unavailable' });
  release();
  await assert.rejects(queue.acquire(), { code: 'engine-unavailable' });
});
