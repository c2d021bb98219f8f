// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenBuild } from './broken-build.ts';
import { Coalition } from './coalition-driver.ts';

const unreadablePart = {
  file: 'member-sharing.ts',
  find: 'associatedData: associatedData(t1, index, to)',
  replace: 'associatedData: associatedData(t1, to, index)',
};
const options = { memberCount: 3, wordCount: 41, shardBytes: 64 } as const;

test('a crash of hub or member right after any durable write ends in the undisturbed result', async () => {
  const undisturbed = new Coalition(options);
  await undisturbed.run();
  assert.ok(undisturbed.outcome.opened);
  for (let crash = 0; crash < undisturbed.persists; crash += 1) {
    const coalition = new Coalition({ ...options, crashAfterPersist: crash });
    await coalition.run();
    assert.deepEqual(coalition.outcome, undisturbed.outcome, `crash after persist ${crash}`);
    for (const party of coalition.parties) {
      // What is sent again is the same, byte for byte.
      for (const stage of ['advertise', 'share', 'confirm', 'manifest', 'signature', 'opening']) {
        const texts = coalition.sent.filter((one) => one.from === party.organisation && one.stage === stage);
        assert.equal(new Set(texts.map((one) => one.text)).size, 1, `${stage} after crash ${crash}`);
      }
      const kinds = new Set(party.marks.map((mark) => mark.kind));
      assert.deepEqual([...kinds].sort(), ['closed', 'joined', 'released', 'signed']);
    }
  }
});

test("with a member lost before its manifest, a crash at any write still gives the survivors' sum", async () => {
  const lost = new Map([[2, 'manifest' as const]]);
  const undisturbed = new Coalition({ ...options, memberCount: 5, lost });
  await undisturbed.run();
  assert.ok(undisturbed.outcome.opened);
  for (let crash = undisturbed.persists - 7; crash < undisturbed.persists; crash += 1) {
    const coalition = new Coalition({ ...options, memberCount: 5, lost, crashAfterPersist: crash });
    await coalition.run();
    assert.deepEqual(coalition.outcome, undisturbed.outcome, `crash after persist ${crash}`);
  }
});

test('every message again is accepted without effects; other bytes are refused with 409', async () => {
  const coalition = new Coalition(options);
  await coalition.startHub();
  for (const party of coalition.parties) await coalition.join(party);
  await coalition.settle();
  const persists = coalition.persists;
  for (const { from, stage, text } of coalition.sent) {
    const party = coalition.parties.find((one) => one.organisation === from)!;
    assert.equal((await coalition.deliver(party, stage, text)).ok, true, stage);
    const other = await coalition.deliver(party, stage, text.replace('"v', '"w'));
    assert.equal(!other.ok && other.refusal.status, 409, stage);
  }
  assert.equal(coalition.persists, persists);
});

test('a member that complained is told of the abort and then waits for nothing', async () => {
  const coalition = new Coalition({
    ...options,
    builds: new Map([[1, (await brokenBuild(unreadablePart)).memberMachine]]),
  });
  await coalition.run();
  assert.equal(coalition.outcome.abort?.code, 'part-unreadable');
  for (const party of coalition.parties) {
    assert.equal(coalition.listFor(party), undefined);
    assert.equal(party.journal.length, 0);
  }
});
