// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Coalition, type Party } from './coalition-driver.ts';
import { applyMaskStreams, maskingStreams } from './index.ts';

/**
 * What the hub and `colluders` make of one member's upload: they take off its own mask, which every opening gives the hub, and the pair masks
 * they share with it. Streams of a colluder lie in the order of the roster without itself, behind its own one.
 */
function unmaskedBy(coalition: Coalition, victim: Party, colluders: readonly Party[]): number[] {
  const words = new Uint16Array(Uint8Array.from(victim.shards.get(0)!).buffer);
  const own = maskingStreams(victim.state!).open()[0]!;
  const known = colluders.map((colluder) => {
    const peers = coalition.parties.filter((party) => party !== colluder);
    return maskingStreams(colluder.state!).open()[1 + peers.indexOf(victim)]!;
  });
  applyMaskStreams({ bits: 16, streams: [{ key: own.key, sign: -1 }, ...known], words, wordOffset: 0 });
  return [...new Int16Array(words.buffer)];
}

test('colluders with the hub read a member only if no second honest one is left; of two they get the sum alone', async () => {
  const coalition = new Coalition({ memberCount: 5, wordCount: 32, shardBytes: 64, heldList: 'survivors' });
  await coalition.run();
  const [first, second, ...colluders] = coalition.parties as [Party, Party, ...Party[]];
  assert.equal(colluders.length, coalition.plan.threshold - 1);
  const seen = [first, second].map((victim) => unmaskedBy(coalition, victim, colluders));
  const levels = [first, second].map((victim) => [...victim.levels]);
  for (const place of [0, 1])
    assert.ok(seen[place]!.filter((value, index) => value === levels[place]![index]).length <= 1);
  const sumOf = ([a, b]: readonly number[][]) => a!.map((value, index) => ((value + b![index]!) << 16) >> 16);
  assert.deepEqual(sumOf(seen), sumOf(levels));
  // The control, and a limit by design: with all others colluding nothing hides the last one.
  assert.deepEqual(unmaskedBy(coalition, first, [second, ...colluders]), levels[0]);
});
