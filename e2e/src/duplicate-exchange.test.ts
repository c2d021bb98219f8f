// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type OrganisationId,
  organisationIdSchema,
  type Sealed,
  SeededRandom,
  silentLogger,
  systemClock,
} from '@kiban/core';
import { crossMemberTokens, minHashSignature } from '@kiban/corpus';
import { generateSigningKey, type SigningKey, verifyKeyToSpki } from '@kiban/crypto';
import { hubConfigSchema, initialiseHub, type RunningHub, startHub } from '@kiban/hub';
import { compareDuplicates, type DuplicateExchangeOptions } from '@kiban/node';
import { HubClient } from '@kiban/protocol';

const directory = mkdtempSync(join(tmpdir(), 'kiban-exchange-'));
const names = ['auto', 'bank', 'steel'].map((name) => organisationIdSchema.parse(name));
const members = new Map<OrganisationId, { readonly hub: HubClient; readonly signKey: SigningKey }>();
let hub: RunningHub;

async function administration(path: string, body: unknown): Promise<Response> {
  return fetch(`${hub.administration.url}/admin/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${hub.administration.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

before(async () => {
  await initialiseHub(join(directory, 'hub'), hubConfigSchema.parse({ coalition: 'test', listen: { port: 0 } }));
  hub = await startHub(join(directory, 'hub'), silentLogger);
  for (const organisation of [...names, organisationIdSchema.parse('telecom')]) {
    const { invitation } = (await (await administration('/invitations', { organisation })).json()) as {
      invitation: string;
    };
    const [message, round] = [generateSigningKey(), generateSigningKey()];
    const client = new HubClient({ baseUrl: hub.origin, key: message, clock: systemClock });
    const [messageKey, roundKey] = [verifyKeyToSpki(message.verifyKey), verifyKeyToSpki(round.verifyKey)];
    await client.join({ invitation, organisation, displayName: organisation, messageKey, roundKey });
    members.set(organisation, { hub: client, signKey: round });
  }
});
after(async () => {
  for (const member of members.values()) await member.hub.close();
  await hub.stop();
  rmSync(directory, { recursive: true });
});

function textOf(name: string): string {
  const random = new SeededRandom(name);
  return Array.from({ length: 300 }, () => String.fromCharCode(0x4e00 + random.below(2_000))).join('');
}

/** Nine documents: three that all have, three that two have, three of one's own. */
const held = new Map(
  names.map((name, index) => [
    name,
    [
      'all 1',
      'all 2',
      'all 3',
      ...[0, 1, 2].map((pair) => (pair === index ? `${name} spare` : `pair ${pair}`)),
      `${name} 1`,
      `${name} 2`,
    ],
  ]),
);

function optionsOf(
  exchange: string,
  organisation: OrganisationId,
  more: Partial<DuplicateExchangeOptions> = {},
): DuplicateExchangeOptions {
  const { hub: client, signKey } = members.get(organisation)!;
  return {
    hub: client,
    exchange,
    identity: { organisation, signKey },
    members: names,
    directory: join(directory, 'nodes', exchange, organisation),
    tokens: async (key) =>
      held.get(organisation)!.map((text) => crossMemberTokens(minHashSignature(textOf(text))!, key)),
    pollMs: 30,
    ...more,
  };
}

test('three members compare through the hub: each shared document is kept once, nothing else is dropped, secrets are gone', async () => {
  assert.equal((await administration('/duplicate-exchanges', { exchange: 'first', members: names })).status, 200);
  const keys: Sealed<Uint8Array>[] = [];
  const noting = (organisation: OrganisationId) => {
    const options = optionsOf('first', organisation);
    const tokens = (key: Sealed<Uint8Array>) => {
      keys.push(key);
      return options.tokens(key);
    };
    return { ...options, tokens };
  };
  const compared = await Promise.all(names.map((name) => compareDuplicates(noting(name))));
  const kept = compared.map((own) => own.kept);
  // Asked again before it is forgotten, a member's answer is the same.
  assert.deepEqual((await compareDuplicates(optionsOf('first', names[0]!))).kept, kept[0]);
  const keepers = new Map<string, number>();
  for (const [index, name] of names.entries())
    for (const [place, text] of held.get(name)!.entries())
      keepers.set(text, (keepers.get(text) ?? 0) + (kept[index]![place] ? 1 : 0));
  for (const [text, count] of keepers) assert.equal(count, 1, text);

  // The hub's folder has no key and no token any more, and never had a key: control, what it relayed is there.
  assert.equal(keys.length, 3);
  const folder = join(directory, 'hub', 'duplicates', 'first');
  const files = readdirSync(folder);
  assert.ok(files.includes('sealed.txt') && files.includes('advertised-bank.txt'));
  assert.ok(!files.some((file) => file.startsWith('tokens-')));
  const everything = Buffer.concat(files.map((file) => readFileSync(join(folder, file))));
  for (const key of keys) {
    assert.deepEqual(key.open(), keys[0]!.open());
    assert.ok(
      !everything.includes(Buffer.from(key.open()).toString('base64')) && !everything.includes(Buffer.from(key.open())),
    );
  }
  for (const own of compared) await own.forget();
  assert.deepEqual(readdirSync(join(directory, 'nodes', 'first')), []);
});

test('a member that was stopped anywhere and a hub that was restarted go on to one decision', async () => {
  await administration('/duplicate-exchanges', { exchange: 'second', members: names });
  const [auto, bank, steel] = names as [OrganisationId, OrganisationId, OrganisationId];
  // The drawing member stops after the key, another one before it has seen it.
  const killed = optionsOf('second', auto, { tokens: () => Promise.reject(new Error('killed')) });
  const drawing = assert.rejects(compareDuplicates(killed), /killed/);
  const steady = compareDuplicates(optionsOf('second', bank));
  const early = compareDuplicates(optionsOf('second', steel, { signal: AbortSignal.timeout(150) }));
  await early.catch(() => undefined);
  const again = compareDuplicates(optionsOf('second', steel));
  await drawing;
  const compared = await Promise.all([compareDuplicates(optionsOf('second', auto)), steady, again]);
  const kept = compared.map((own) => own.kept);
  const all = names.map((_, index) => kept[index]!.slice(0, 3));
  for (const place of [0, 1, 2]) assert.equal(all.filter((own) => own[place]).length, 1);
  // Asked again, the hub gives the same flags, also after a restart.
  const before = await members.get(bank)!.hub.duplicateFlags('second');
  await hub.stop();
  const port = Number(new URL(hub.origin).port);
  hub = await startHub(join(directory, 'hub'), silentLogger, { port });
  assert.deepEqual(await members.get(bank)!.hub.duplicateFlags('second'), before);
});

test('the hub refuses a second set of tokens, tokens before the key, strangers, and a name that was used', async () => {
  await administration('/duplicate-exchanges', { exchange: 'third', members: names });
  const bank = members.get(names[1]!)!.hub;
  const stranger = members.get('telecom' as OrganisationId)!.hub;
  await assert.rejects(stranger.duplicateExchange('third'), { code: 'not-found' });
  await assert.rejects(stranger.putDuplicateTokens('third', new Uint8Array(20)), { code: 'not-found' });
  await assert.rejects(bank.duplicateExchange('nothing'), { code: 'not-found' });
  await assert.rejects(bank.putDuplicateTokens('third', new Uint8Array(20)), { code: 'exchange-step-refused' });
  await assert.rejects(bank.putDuplicateText('third', 'sealed', 'mine'), { code: 'exchange-step-refused' });
  await bank.putDuplicateText('third', 'advertised', 'one');
  await bank.putDuplicateText('third', 'advertised', 'one');
  await assert.rejects(bank.putDuplicateText('third', 'advertised', 'another'), { code: 'exchange-step-refused' });
  assert.equal((await administration('/duplicate-exchanges', { exchange: 'third', members: names })).status, 409);
  const unknown = await administration('/duplicate-exchanges', { exchange: 'fourth', members: [...names, 'nobody'] });
  assert.equal(unknown.status, 422);
});

test('a node does not take part with other members than its steward agreed to', async () => {
  await administration('/duplicate-exchanges', { exchange: 'fifth', members: [...names, 'telecom'] });
  const asked = compareDuplicates(optionsOf('fifth', names[0]!));
  await assert.rejects(asked, { code: 'exchange-unexpected' });
  assert.deepEqual((await members.get(names[0]!)!.hub.duplicateExchange('fifth')).advertised, []);
});
