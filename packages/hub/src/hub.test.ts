// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { organisationIdSchema, silentLogger, systemClock } from '@kiban/core';
import { generateSigningKey, signRequest, verifyKeyToSpki } from '@kiban/crypto';
import { HubClient } from '@kiban/protocol';
import { hubConfigSchema } from './config.ts';
import { initialiseHub, type RunningHub, startHub } from './hub.ts';

const directory = mkdtempSync(join(tmpdir(), 'kiban-hub-'));
let hub: RunningHub;
before(async () => {
  await initialiseHub(directory, hubConfigSchema.parse({ coalition: 'test', listen: { port: 0 } }));
  hub = await startHub(directory, silentLogger);
});
after(async () => {
  await hub.stop();
  rmSync(directory, { recursive: true });
});

async function invite(organisation: string): Promise<string> {
  const response = await fetch(`${hub.administration.url}/admin/v1/invitations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${hub.administration.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ organisation }),
  });
  return ((await response.json()) as { invitation: string }).invitation;
}

function joinRequest(organisation: string, invitation: string, message = generateSigningKey()) {
  return {
    message,
    request: {
      invitation,
      organisation: organisationIdSchema.parse(organisation),
      displayName: organisation,
      messageKey: verifyKeyToSpki(message.verifyKey),
      roundKey: verifyKeyToSpki(generateSigningKey().verifyKey),
    },
  };
}

test('an invitation works once, for its organisation', async () => {
  const invitation = await invite('org-a');
  const { message, request } = joinRequest('org-a', invitation);
  await using client = new HubClient({ baseUrl: hub.origin, key: message, clock: systemClock });
  assert.equal((await client.join(request)).member.organisation, 'org-a');
  assert.equal((await client.join(request)).member.organisation, 'org-a', 'the same join again is fine');
  const other = joinRequest('org-b', invitation);
  await using thief = new HubClient({ baseUrl: hub.origin, key: other.message, clock: systemClock });
  await assert.rejects(thief.join(other.request), { code: 'invitation-refused' });
  const second = joinRequest('org-a', await invite('org-a'));
  await using usurper = new HubClient({ baseUrl: hub.origin, key: second.message, clock: systemClock });
  await assert.rejects(usurper.join(second.request), { code: 'already-member' });
  assert.deepEqual(
    (await client.members()).map((member) => member.organisation),
    ['org-a'],
  );
});

test('unsigned, foreign and replayed requests get one same answer', async () => {
  const unsigned = await fetch(`${hub.origin}/v1/members`);
  assert.equal(unsigned.status, 401);
  await using stranger = new HubClient({ baseUrl: hub.origin, key: generateSigningKey(), clock: systemClock });
  await assert.rejects(stranger.members(), { code: 'request-unauthenticated' });

  const { message, request } = joinRequest('org-c', await invite('org-c'));
  await using client = new HubClient({ baseUrl: hub.origin, key: message, clock: systemClock });
  await client.join(request);
  const body = Buffer.from('{}');
  const path = '/v1/programmes/nothing-here/scores';
  const headers = {
    ...signRequest({
      method: 'PUT',
      targetUri: `${hub.origin}${path}`,
      body,
      contentType: 'application/json',
      key: message,
      createdSeconds: Date.now() / 1000,
      nonce: Buffer.alloc(16, 7).toString('base64url'),
    }),
    'content-type': 'application/json',
  };
  const send = () => fetch(`${hub.origin}${path}`, { method: 'PUT', headers, body });
  assert.equal((await send()).status, 422);
  assert.equal((await send()).status, 401, 'a replay');
});

test('a clock that is wrong is told by how much', async () => {
  for (const offsetMs of [-600_000, 600_000]) {
    const { message, request } = joinRequest('org-d', await invite('org-d'));
    await using client = new HubClient({
      baseUrl: hub.origin,
      key: message,
      clock: { nowMs: () => Date.now() + offsetMs },
    });
    await assert.rejects(client.join(request), (error: { code?: string; message?: string }) => {
      assert.equal(error.code, 'clock-skewed');
      assert.match(
        String(error.message),
        offsetMs < 0 ? /(599|600|601) seconds behind/ : /(599|600|601) seconds ahead/,
      );
      return true;
    });
  }
});

test('administration needs the token', async () => {
  assert.equal((await fetch(`${hub.origin}/admin/v1/status`)).status, 401);
  assert.equal(
    (await fetch(`${hub.origin}/admin/v1/status`, { headers: { authorization: 'Bearer wrong' } })).status,
    401,
  );
});

test('a hub that is away is told with its address', async () => {
  await using client = new HubClient({ baseUrl: 'http://127.0.0.1:9', key: generateSigningKey(), clock: systemClock });
  await assert.rejects(client.members(), (error: { code?: string; retryable?: boolean; message?: string }) => {
    assert.equal(error.code, 'hub-unreachable');
    assert.equal(error.retryable, true);
    assert.match(String(error.message), /127\.0\.0\.1:9/);
    return true;
  });
});
