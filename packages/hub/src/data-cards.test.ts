// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { organisationIdSchema, sha256Hex, silentLogger, systemClock } from '@kiban/core';
import { generateSigningKey, type SigningKey, verifyKeyToSpki } from '@kiban/crypto';
import {
  type DataCard,
  dataCardDigest,
  dataCardSchema,
  HubClient,
  type ProgrammeState,
  signDataCard,
  verifyDataCard,
} from '@kiban/protocol';
import { runPlanSchema } from '@kiban/training';
import { hubConfigSchema } from './config.ts';
import { initialiseHub, type RunningHub, startHub } from './hub.ts';
import { modelCard } from './model-card.ts';

const directory = mkdtempSync(join(tmpdir(), 'kiban-hub-cards-'));
const members = ['org-a', 'org-b', 'org-c'];
const keys = new Map<string, SigningKey>(members.map((member) => [member, generateSigningKey()]));
const plan = {
  version: 1,
  programme: 'base-1',
  title: 'test',
  purpose: 'test',
  participants: members,
  model: { preset: 'tiny', vocabularySize: 512, contextLength: 32 },
  start: { steps: 2, peakLearningRate: 0.002 },
  rounds: 1,
  inner: { steps: 2, batchSize: 2, peakLearningRate: 0.001, warmupSteps: 1 },
};
const planText = JSON.stringify(plan);
let hub: RunningHub;

async function operator(method: string, path: string, body?: string | Uint8Array): Promise<unknown> {
  const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
  const response = await fetch(`${hub.administration.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${hub.administration.token}`, 'content-type': type },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, text);
  return text === '' ? undefined : JSON.parse(text);
}

async function asMember<T>(member: string, work: (client: HubClient) => Promise<T>): Promise<T> {
  await using client = new HubClient({ baseUrl: hub.origin, key: keys.get(member)!, clock: systemClock });
  return await work(client);
}

before(async () => {
  await initialiseHub(directory, hubConfigSchema.parse({ coalition: 'test', listen: { port: 0 } }));
  hub = await startHub(directory, silentLogger);
  for (const member of members) {
    const { invitation } = (await operator('POST', '/invitations', JSON.stringify({ organisation: member }))) as {
      invitation: string;
    };
    await asMember(member, (client) =>
      client.join({
        invitation,
        organisation: organisationIdSchema.parse(member),
        displayName: member,
        messageKey: verifyKeyToSpki(keys.get(member)!.verifyKey),
        roundKey: verifyKeyToSpki(generateSigningKey().verifyKey),
      }),
    );
  }
  const { digest } = (await operator('PUT', '/blobs', Buffer.from('{"text":"a"}'))) as { digest: string };
  await operator('POST', '/programmes', JSON.stringify({ planText, publicCorpus: digest }));
  for (const member of members)
    await asMember(member, (client) =>
      client.decide('base-1', {
        planDigest: sha256Hex(planText),
        decision: 'approve',
        steward: 'somebody',
        reason: '',
        dataSets: [{ id: 'logs', dataClass: 'internal', basis: 'own records' }],
      }),
    );
  await operator('POST', '/programmes/base-1/start', '{}');
});
after(async () => {
  await hub.stop();
  rmSync(directory, { recursive: true });
});

function cardOf(organisation: string, change: Partial<DataCard> = {}): DataCard {
  return dataCardSchema.parse({
    version: 1,
    organisation,
    dataSet: 'logs',
    dataClass: 'internal',
    basis: 'own records',
    purpose: 'shared base',
    preparedAt: '2026-11-01T00:00:00.000Z',
    reportDigest: 'ab'.repeat(32),
    fullCardDigest: null,
    counts: {
      files: { total: 24, kept: 24, partlyKept: 0, refused: 0, bytes: 900 },
      preparedDocuments: 24,
      dropped: 3,
      personalData: 11,
      packed: null,
    },
    details: null,
    ...change,
  });
}

const put = (member: string, card: DataCard, key = keys.get(member)!) =>
  asMember(member, (client) => client.putDataCard('base-1', signDataCard(card, key)));
const state = () => operator('GET', '/programmes/base-1') as Promise<ProgrammeState>;

test('a card of an approved data set is kept as it was signed, and a newer one takes its place', async () => {
  assert.deepEqual((await state()).dataCards, []);
  await put('org-a', cardOf('org-a'));
  const newer = cardOf('org-a', { preparedAt: '2026-11-02T00:00:00.000Z' });
  await put('org-a', newer);
  await put('org-a', newer);
  const { dataCards } = await state();
  assert.equal(dataCards.length, 1);
  assert.equal(dataCardDigest(dataCards[0]!.card), dataCardDigest(newer));
  assert.equal(verifyDataCard(dataCards[0]!).keyId, keys.get('org-a')!.keyId);
});

test('a card under another key, of another member, of a data set or with terms that nobody approved is refused', async () => {
  await assert.rejects(put('org-b', cardOf('org-b'), keys.get('org-a')), { code: 'data-card-refused' });
  await assert.rejects(put('org-b', cardOf('org-a')), { code: 'data-card-refused' });
  await assert.rejects(put('org-b', cardOf('org-b', { dataClass: 'public' })), { code: 'data-card-refused' });
  await assert.rejects(put('org-b', cardOf('org-b', { dataSet: 'others' })), { code: 'not-found' });
  const signed = signDataCard(cardOf('org-b'), keys.get('org-b')!);
  const changed = { ...signed, card: cardOf('org-b', { purpose: 'another purpose' }) };
  await assert.rejects(
    asMember('org-b', (client) => client.putDataCard('base-1', changed)),
    { code: 'data-card-refused' },
  );
  assert.equal((await state()).dataCards.length, 1);
});

test('what is no card (text of a document among the numbers) is refused before it is looked at', async () => {
  const signed = signDataCard({ ...cardOf('org-c'), note: '溶銑温度' } as DataCard, keys.get('org-c')!);
  await assert.rejects(
    asMember('org-c', (client) => client.putDataCard('base-1', signed)),
    { code: 'request-invalid' },
  );
});

test('the card of a release shows what was shared, with its digest', async () => {
  const facts = { name: 'base-1', createdAtMs: 0, parameters: 1 };
  const parsed = runPlanSchema.parse(plan);
  const known = await state();
  const text = modelCard(known, parsed, facts);
  assert.ok(text.includes(`| org-a | logs | 24 | 24 | – | 3 | 11 | ${dataCardDigest(known.dataCards[0]!.card)} |`));
  assert.equal(modelCard({ ...known, dataCards: [] }, parsed, facts).includes('Data cards that stewards'), false);
});
