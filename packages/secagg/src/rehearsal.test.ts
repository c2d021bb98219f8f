// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrganisationId } from '@kiban/core';
import { levelsFor } from './coalition-seeds.ts';
import { applyMaskStreams, rehearseAttempt } from './index.ts';

const names = ['cedar', 'alder', 'birch', 'drift', 'elm'];
const membersOf = (count: number, lost: readonly number[] = []) =>
  names.slice(0, count).map((name, place) => ({
    organisation: name as OrganisationId,
    levels: levelsFor(`rehearsal/${name}`, 70_001, 127),
    lost: lost.includes(place),
  }));
const sumOf = (members: readonly { readonly levels: Int8Array }[]) =>
  members[0]!.levels.reduce<number[]>((sum, _, index) => {
    sum.push(members.reduce((total, { levels }) => total + levels[index]!, 0));
    return sum;
  }, []);

test('a rehearsal opens the plain sum of the survivors, and its uploads are the levels under the masks it names', async () => {
  const members = membersOf(3);
  const { sum, uploads, streams, survivors, messageCount } = await rehearseAttempt({ members });
  assert.deepEqual([...sum], sumOf(members));
  assert.deepEqual(survivors, ['alder', 'birch', 'cedar']);
  assert.equal(messageCount, 3 * 6);
  for (const [place, { levels }] of members.entries()) {
    const words = new Uint16Array(uploads[place]!.slice().buffer);
    assert.notDeepEqual(new Int16Array(words.buffer), Int16Array.from(levels));
    const inverse = streams[place]!.open().map(({ key, sign }) => ({ key, sign: sign === 1 ? -1 : 1 }) as const);
    applyMaskStreams({ bits: 16, streams: inverse, words, wordOffset: 0 });
    assert.deepEqual(new Int16Array(words.buffer), Int16Array.from(levels));
  }
  // No key is kept for a next rehearsal.
  const again = await rehearseAttempt({ members });
  assert.notDeepEqual(again.uploads[0], uploads[0]);
});

test('a member lost after its upload is not in the sum of a rehearsal, and too many lost ones end it', async () => {
  const members = membersOf(5, [1]);
  const { sum, survivors } = await rehearseAttempt({ members });
  assert.deepEqual(survivors, ['birch', 'cedar', 'drift', 'elm']);
  assert.deepEqual([...sum], sumOf(members.filter((_, place) => place !== 1)));
  const everybody = await rehearseAttempt({ members: membersOf(5) });
  assert.equal(everybody.survivors.length, 5);
  await assert.rejects(rehearseAttempt({ members: membersOf(5, [1, 2]) }), { code: 'quorum-missing' });
});
