// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenBuild } from './broken-build.ts';
import * as product from './coalition-driver.ts';

type Driver = typeof product;

const scalarsLikeWords = {
  file: 'member-masks.ts',
  find: 'pairMaskKey(bytesOf(secret), t3, kind,',
  replace: "pairMaskKey(bytesOf(secret), t3, 'words',",
};
const keptSeed = {
  file: 'member-sharing.ts',
  find: 'const selfSeed = random.bytes(32);',
  replace: 'const selfSeed = new Uint8Array(32).fill(7);',
};
const noTranscript = {
  file: 'member-masks.ts',
  find: 'const t3 = hexBytes(list.transcript);',
  replace: 'const t3 = new Uint8Array(32);',
};

/**
 * Every key that hides something, of all members in two attempts at the same update: each of own masks is there once, each of pair masks at its
 * two ends. A key that is there more often hides two things at once, and their difference is read.
 */
async function keysUsedTwice({ Coalition }: Driver): Promise<number> {
  const times = new Map<string, number>();
  for (const attempt of [1, 2]) {
    const coalition = new Coalition({ memberCount: 4, wordCount: 8, heldList: 'survivors', attempt });
    await coalition.run();
    for (const party of coalition.parties)
      for (const kind of ['words', 'scalars'] as const)
        for (const [place, { key }] of coalition.streamsOf(party, kind).entries()) {
          const name = Buffer.from(key).toString('hex');
          // A pair mask counts half: both of its ends have it.
          times.set(name, (times.get(name) ?? 0) + (place === 0 ? 1 : 0.5));
        }
  }
  return [...times.values()].filter((count) => count !== 1).length;
}

test('no mask stream hides two things: words and scalars, two attempts, two members or two pairs never share a key', async () => {
  assert.equal(await keysUsedTwice(product), 0);
  assert.ok((await keysUsedTwice(await brokenBuild(scalarsLikeWords))) > 0, 'scalars under the keys of the words');
  assert.ok((await keysUsedTwice(await brokenBuild(keptSeed, noTranscript))) > 0, 'a next attempt under the same keys');
});
