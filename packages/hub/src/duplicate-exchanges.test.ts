// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { organisationIdSchema } from '@kiban/core';
import { makeTokenUpload } from '@kiban/corpus';
import { generateSigningKey, verifyKeyToSpki } from '@kiban/crypto';
import type { EventLog } from '@kiban/store-sql';
import { DuplicateExchanges } from './duplicate-exchanges.ts';
import type { Members } from './members.ts';

test('tokens that repeat after the decision are not stored, also when they came while it was made', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-exchange-'));
  try {
    const organisations = ['org-a', 'org-b', 'org-c'].map((name) => organisationIdSchema.parse(name));
    const list = organisations.map((organisation) => ({
      organisation,
      roundKey: verifyKeyToSpki(generateSigningKey().verifyKey),
    }));
    const members = { list: async () => list } as unknown as Members;
    const events = { record: async () => undefined, wake: () => undefined } as unknown as EventLog;
    const exchanges = new DuplicateExchanges(directory, members, events);
    await exchanges.open('late', organisations);
    for (const organisation of organisations) await exchanges.putAdvertised('late', organisation, Buffer.from('key'));
    await exchanges.putSealed('late', organisations[0]!, Buffer.from('box'));
    const uploads = organisations.map(() => makeTokenUpload([new Uint8Array(randomBytes(224))]).bytes);
    for (const [index, organisation] of organisations.entries())
      await exchanges.putTokens('late', organisation, uploads[index]!);
    const put = () => exchanges.putTokens('late', organisations[1]!, uploads[1]!);
    const [flags] = await Promise.all([exchanges.flags('late', organisations[0]!), ...Array.from({ length: 20 }, put)]);
    assert.equal(flags?.length, 128);
    await put();
    assert.ok(!readdirSync(join(directory, 'late')).some((name) => name.startsWith('tokens-')));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
