// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Sealed, SeededRandom } from '@kiban/core';
import { RejectionTally, readRejectionSamples } from './rejection-samples.ts';

const rejected = Array.from({ length: 200 }, (_, index) => ({
  id: `record-${index}`,
  reasons: index % 3 === 0 ? ['letters-below', 'language'] : ['letters-below'],
  text: `社外秘の本文 ${index}`,
}));

function tallied(documents: typeof rejected, seed = 'a'): RejectionTally {
  const tally = new RejectionTally({ perReason: 5, seed });
  for (const { id, reasons, text } of documents) tally.add(id, reasons, new Sealed(text));
  return tally;
}
const ids = (tally: RejectionTally) =>
  [...tally.samples()].map(([reason, list]) => [reason, list.map(({ id }) => id)]).sort();

test('counts and samples are the same in any order and for any number of workers, and others under another seed', () => {
  const whole = tallied(rejected);
  const shuffled = new SeededRandom(1).shuffle([...rejected]);
  assert.deepEqual(whole.counts, { language: 67, 'letters-below': 200 });
  assert.deepEqual(ids(tallied(shuffled)), ids(whole));
  const merged = tallied(shuffled.slice(0, 70));
  merged.merge(tallied(shuffled.slice(70)));
  assert.deepEqual(ids(merged), ids(whole));
  assert.deepEqual(merged.counts, whole.counts);
  assert.notDeepEqual(ids(tallied(rejected, 'b')), ids(whole));
});

test('every document is sampled with the same chance', () => {
  const times = new Map<string, number>();
  for (let seed = 0; seed < 400; seed += 1)
    for (const { id } of tallied(rejected.slice(0, 20), `${seed}`).samples().get('letters-below')!)
      times.set(id, (times.get(id) ?? 0) + 1);
  // 400 draws with chance 1/4: 100, standard deviation 8.7.
  for (const count of times.values()) assert.ok(Math.abs(count - 100) < 44, `${count}`);
  assert.equal(times.size, 20);
});

test('samples go to a file for its owner alone and come back sealed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-rejections-'));
  try {
    const path = join(folder, 'rejections.json');
    const tally = tallied(rejected);
    await tally.write(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const file = await readRejectionSamples(path);
    assert.deepEqual(file.counts, tally.counts);
    assert.equal(file.samples.get('language')!.length, 5);
    assert.match(file.samples.get('language')![0]!.text.open(), /^社外秘の本文 \d+$/);
    assert.doesNotMatch(
      inspect(file, { depth: 9 }) + JSON.stringify([...file.samples]) + inspect(tally, { depth: 9 }),
      /社外秘/,
    );
    writeFileSync(path, '{"社外秘":');
    await assert.rejects(readRejectionSamples(path), (error: Error) => {
      assert.equal((error as { code?: string }).code, 'rejection-samples-invalid');
      return !inspect(error).includes('社外秘');
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
