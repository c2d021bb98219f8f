// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { organisationIdSchema } from '@kiban/core';
import { requireSpoolSpace, spoolBytes } from './spool-space.ts';

const roster = ['org-a', 'org-b', 'org-c'].map((name) => ({
  organisation: organisationIdSchema.parse(name),
  roundPublicKey: '',
}));

test('a plan needs room for every member and the sum, and a tenth more', () => {
  assert.equal(spoolBytes({ roster, wordCount: 1_000_000_000, bits: 16 }), 8_800_000_000);
  assert.equal(spoolBytes({ roster, wordCount: 0, bits: 16 }), 0);
});

test('a round that fits is begun, in a folder that need not be there; one beyond any disk is refused before it is published', async () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'kiban-spool-')), 'aggregation');
  await requireSpoolSpace(directory, { roster, wordCount: 1_000, bits: 16 });
  assert.ok(existsSync(directory));
  await assert.rejects(requireSpoolSpace(directory, { roster, wordCount: Number.MAX_SAFE_INTEGER / 8, bits: 16 }), {
    code: 'spool-too-small',
  });
  rmSync(join(directory, '..'), { recursive: true });
});
