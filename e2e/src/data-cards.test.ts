// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dataCardDigest, type ProgrammeState, signedDataCardSchema, verifyDataCard } from '@kiban/protocol';
import { kibanEntry, TestCoalition } from '@kiban/testkit';

let coalition: TestCoalition;
before(async () => {
  coalition = await TestCoalition.create(3);
});
after(() => coalition[Symbol.asyncDispose]());

function kiban(...args: string[]) {
  const command = ['--disable-warning=ExperimentalWarning', kibanEntry, ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 60_000 });
}

const directoryOf = (member: string) => join(coalition.directory, member);

test('a data set is prepared beside its running node, reported, and its signed card verifies without the node', () => {
  const node = ['--directory', directoryOf('member-a'), '--lang', 'en'];
  const early = kiban('data', 'report', 'documents', ...node);
  assert.equal(early.status, 6);
  assert.match(early.stderr, /kiban data prepare documents/);
  writeFileSync(join(coalition.directory, 'documents', 'member-a', 'broken.pdf'), '%PDF-');
  const prepared = kiban('data', 'prepare', 'documents', '--workers', '2', ...node);
  assert.equal(prepared.status, 0, prepared.stderr);
  assert.match(prepared.stdout, /100% {2}25\/25 files/);
  const report = kiban('data', 'report', 'documents', ...node);
  assert.match(report.stdout, /kept +24\n/);
  assert.match(report.stdout, /document-malformed +1\n/);
  assert.match(report.stdout, /broken\.pdf/);

  const [page, signedPath, croissant] = ['card.html', 'card.json', 'croissant.json'].map((name) =>
    join(coalition.directory, name),
  ) as [string, string, string];
  const files = ['--html', page, '--signed', signedPath, '--croissant', croissant];
  const card = kiban('data', 'card', 'documents', ...files, ...node);
  assert.equal(card.status, 0, card.stderr);
  for (const path of [page, signedPath, croissant]) assert.equal(readFileSync(path, 'utf8').includes('broken'), false);
  const { keyId } = JSON.parse(kiban('node', 'status', ...node, '--json').stdout) as { keyId: string };
  const verified = kiban('data', 'verify-card', signedPath, '--key', keyId, '--lang', 'en');
  assert.equal(verified.status, 0, verified.stderr);
  assert.match(verified.stdout, /The signature is right: documents of member-a/);

  const other = kiban('data', 'verify-card', signedPath, '--key', 'somebody-else', '--lang', 'en');
  assert.deepEqual([other.status, /card-signed-by-another/.test(other.stderr)], [3, true]);
  writeFileSync(
    signedPath,
    readFileSync(signedPath, 'utf8').replace('"preparedDocuments": 24', '"preparedDocuments": 25'),
  );
  const changed = kiban('data', 'verify-card', signedPath, '--lang', 'en');
  assert.deepEqual([changed.status, /record-signature-invalid/.test(changed.stderr)], [3, true]);
});

test('the hub gets what each steward let go: nothing by default, a summary, everything', async () => {
  await coalition.beginProgramme({ rounds: 1, cardShares: { 'member-b': 'summary', 'member-c': 'full' } });
  const state: ProgrammeState = await coalition.waitForRelease();
  assert.deepEqual(
    state.dataCards.map(({ card }) => [card.organisation, card.details === null]),
    [
      ['member-b', true],
      ['member-c', false],
    ],
  );
  const events = await coalition.events();
  const received = events.filter(({ event }) => event === 'data-card-received');
  assert.equal(
    received.some(({ data }) => data.organisation === 'member-a'),
    false,
  );
  const own = await coalition.nodes.get('member-a')!.call<{ events: { event: string }[] }>('GET', '/events?after=0');
  assert.equal(
    own.events.some(({ event }) => event === 'data-card-shared'),
    false,
  );

  for (const member of ['member-b', 'member-c']) {
    const shared = state.dataCards.find(({ card }) => card.organisation === member)!;
    const node = coalition.nodes.get(member)!;
    const full = signedDataCardSchema.parse(await node.call('GET', '/data-sets/documents/card'));
    assert.equal(verifyDataCard(shared).keyId, full.signature.keyId);
    assert.equal(shared.card.fullCardDigest ?? dataCardDigest(shared.card), dataCardDigest(full.card));
    assert.equal(shared.card.counts.packed?.documents, full.card.counts.packed?.documents);
    assert.ok((shared.card.counts.packed?.tokens ?? 0) > 0);
  }
  const status = kiban(
    'programme',
    'status',
    'test-1',
    '--directory',
    join(coalition.directory, 'hub'),
    '--lang',
    'en',
  );
  assert.match(status.stdout, /card member-b\/documents \(summary\): 24 files, 24 documents/);
  const cardPath = join(directoryOf('member-a'), 'models', 'test-1', 'MODEL_CARD.md');
  const text = await coalition.waitFor('the pulled release', async () => readFileSync(cardPath, 'utf8'));
  for (const { card } of state.dataCards) assert.ok(text.includes(dataCardDigest(card)));
  assert.equal(text.includes('| member-a | documents | 2'), false);
});

test('after the folder changed, the next preparation makes another card; one of the same files keeps its tokens', async () => {
  const node = coalition.nodes.get('member-b')!;
  const read = async () => signedDataCardSchema.parse(await node.call('GET', '/data-sets/documents/card'));
  const before_ = await read();
  await node.call('POST', '/data-sets/documents/stock', {});
  assert.equal(dataCardDigest((await read()).card), dataCardDigest(before_.card));
  writeFileSync(
    join(coalition.directory, 'documents', 'member-b', 'new.txt'),
    '追加の点検記録である。設備の状態は良好であった。',
  );
  await node.call('POST', '/data-sets/documents/stock', {});
  const later = await read();
  assert.notEqual(later.card.reportDigest, before_.card.reportDigest);
  assert.deepEqual([later.card.counts.preparedDocuments, later.card.counts.packed], [25, null]);
});
