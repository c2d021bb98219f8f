// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKibanError } from '@kiban/core';
import { generateSigningKey } from '@kiban/crypto';
import {
  type DataCard,
  dataCardDigest,
  dataCardSchema,
  sharedPart,
  signDataCard,
  verifyDataCard,
} from './data-card.ts';

const digest = 'ab'.repeat(32);
const shard = { sha256: digest, byteLength: 100, rows: 2, documents: 3, tokens: 40 };
const card: DataCard = dataCardSchema.parse({
  version: 1,
  organisation: 'steel',
  dataSet: 'shift-logs',
  dataClass: 'confidential',
  basis: 'own records',
  purpose: 'shared base',
  preparedAt: '2026-11-01T00:00:00.000Z',
  reportDigest: digest,
  fullCardDigest: null,
  counts: {
    files: { total: 3, kept: 2, partlyKept: 0, refused: 1, bytes: 900 },
    preparedDocuments: 5,
    dropped: 1,
    personalData: 4,
    packed: {
      documents: 4,
      chats: 0,
      duplicates: 1,
      characters: 80,
      tokens: 60,
      trainingTokens: 40,
      heldOutTokens: 20,
    },
  },
  details: {
    pipeline: { digest, profile: 'kiban-ja-1', icu: '78.1', unicode: '17.0' },
    composition: { byFormat: { text: 2 }, byEncoding: { cp932: 2 } },
    refusedFiles: { 'binary-file': 1 },
    faults: {},
    droppedDocuments: { 'empty-after-profile': 1 },
    qualityRules: { 'mean-sentence-above': 1 },
    personalData: { 'phone/mask': 4 },
    packing: { tokenizer: digest, sequenceLength: 32, heldOutPerMille: 5, training: shard, heldOut: shard },
  },
});

test('a summary holds counts and terms, no detail, and names the card that it is of', () => {
  const summary = sharedPart(card, 'summary');
  assert.equal(summary.details, null);
  assert.equal(summary.fullCardDigest, dataCardDigest(card));
  assert.deepEqual(summary.counts, card.counts);
  assert.equal(JSON.stringify(summary).includes('phone'), false);
  assert.deepEqual(sharedPart(card, 'full'), card);
});

test('a card signed by its organisation verifies; with one number changed it does not', () => {
  const key = generateSigningKey();
  const signed = signDataCard(card, key);
  assert.equal(verifyDataCard(signed).keyId, key.keyId);
  const changed = { ...signed, card: { ...card, counts: { ...card.counts, dropped: 0 } } };
  assert.throws(
    () => verifyDataCard(changed),
    (error) => isKibanError(error) && error.code === 'record-signature-invalid',
  );
});

test('a count under a name that could be text or a path is no card', () => {
  for (const name of ['山田太郎', '/data/steel/2026.txt', 'steel/2026.txt', 'a/b/c', 'Secret', 'a b', '']) {
    const details = { ...card.details, personalData: { [name]: 1 } };
    assert.equal(dataCardSchema.safeParse({ ...card, details }).success, false, name);
  }
  assert.equal(dataCardSchema.safeParse({ ...card, note: 'free text' }).success, false);
});
