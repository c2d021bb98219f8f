// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { brokenBuild } from './broken-build.ts';
import * as product from './coalition-driver.ts';
import { readBody } from './forged-lists.ts';

const runs = 10;

/** What must hold whatever the order; the faults found, over all openings and signatures that ever left a member. */
function faultsOf(coalition: product.Coalition): string[] {
  const { outcome, plan, parties, sent } = coalition;
  const faults: string[] = [];
  for (const { organisation } of parties) {
    const texts = (stage: string) => sent.filter((one) => one.from === organisation && one.stage === stage);
    const openings = texts('opening').map(({ text }) => readBody(text));
    const released = (kind: 'self' | 'box') =>
      openings.flatMap((body) => (body[kind] as { of: string }[]).map((entry) => entry.of));
    if (released('self').some((of) => released('box').includes(of))) faults.push(`${organisation} opened both shares`);
    const signed = new Set(texts('signature').map(({ text }) => readBody(text).before));
    if (signed.size > 1) faults.push(`${organisation} signed two survivor sets`);
  }
  if (outcome.opened && outcome.survivors.length < plan.quorum) faults.push('opened below the quorum');
  if (outcome.opened && outcome.sum.join() !== coalition.plainSum(outcome.survivors).join()) faults.push('wrong sum');
  return faults;
}

async function outcomes({ Coalition }: typeof product, runs: number): Promise<readonly product.Coalition[]> {
  const coalitions: product.Coalition[] = [];
  for (let run = 0; run < runs; run += 1) {
    const coalition = new Coalition({ memberCount: run % 3 === 0 ? 4 : 5, wordCount: 19, seed: `schedule ${run}` });
    await coalition.runAtRandom(new SeededRandom(`schedule ${run}`), 150);
    coalitions.push(coalition);
  }
  return coalitions;
}

test('in any order, with losses, repeats and crashes, the plain sum of the survivors opens or nothing does', async () => {
  const coalitions = await outcomes(product, runs);
  assert.deepEqual(coalitions.flatMap(faultsOf), []);
  for (const { parties } of coalitions)
    assert.deepEqual(
      parties.flatMap((party) => party.refusals),
      [],
    );
  const opened = coalitions.filter(({ outcome }) => outcome.opened);
  assert.ok(opened.length >= runs / 2, `${opened.length} of ${runs} opened`);
  assert.ok(opened.some(({ outcome, parties }) => outcome.survivors.length < parties.length));
});

test('the same check finds pair masks that do not cancel', async () => {
  const broken = await brokenBuild({
    file: 'member-masks.ts',
    find: 'sign: index < other ? 1 : -1',
    replace: 'sign: 1',
  });
  assert.ok((await outcomes(broken, 2)).flatMap(faultsOf).includes('wrong sum'));
});
