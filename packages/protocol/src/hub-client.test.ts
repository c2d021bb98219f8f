// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { sha256Hex, systemClock } from '@kiban/core';
import { generateSigningKey } from '@kiban/crypto';
import { HubClient } from './hub-client.ts';

test('a shard that is turned away with Retry-After may be sent again, and the error says after how many seconds', async () => {
  const server = createServer((request, response) => {
    request.resume();
    response
      .writeHead(request.url?.endsWith('/1') ? 429 : 503, { 'retry-after': '7' })
      .end('a proxy that knows no problems');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new HubClient({ baseUrl, key: generateSigningKey(), clock: systemClock });
  const bytes = Buffer.from('masked');
  for (const shard of [0, 1])
    await assert.rejects(client.putShard('trial.r1.update', 1, shard, { bytes, sha256: sha256Hex(bytes) }), {
      retryable: true,
      extra: { retryAfterSeconds: 7 },
    });
  await client.close();
  server.close();
});
