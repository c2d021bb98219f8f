// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceptionPlaces } from './reception-places.ts';

test('who finds no place waits and gets the next one in order; beyond the line it is told to come again', async () => {
  const places = new ReceptionPlaces({ places: 2, mostWaiting: 2 });
  const first = await places.take();
  const second = await places.take();
  const order: string[] = [];
  const third = places.take().then((leave) => {
    order.push('third');
    return leave;
  });
  const fourth = places.take().then((leave) => {
    order.push('fourth');
    return leave;
  });
  await assert.rejects(places.take(), { code: 'receptions-full' });
  assert.deepEqual(order, []);
  first();
  const leaveThird = await third;
  assert.deepEqual(order, ['third']);
  leaveThird();
  const leaveFourth = await fourth;
  leaveFourth();
  second();
  await Promise.all([places.take(), places.take()]);
});
