// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKibanError } from '@kiban/core';
import { PrivateUseTable } from './private-use-table.ts';
import { readSamples } from './samples/read-sample.ts';

test('company characters are replaced by the table of the source, others are counted and kept', async () => {
  // F040 and F041 of CP932 are U+E000 and U+E001.
  const files = { 'a.txt': Buffer.from('F0408BB4 0A F041 F041 0A'.replaceAll(' ', ''), 'hex') };
  const privateUse = PrivateUseTable.parse({ version: 1, characters: { E000: '髙' } });
  const mapped = await readSamples(files, { privateUse });
  assert.deepEqual(mapped.texts, ['髙橋\n\ue001\ue001']);
  assert.deepEqual(mapped.files[0]?.privateUse, { mapped: 1, unmapped: 2 });
  const unmapped = await readSamples(files);
  assert.deepEqual(unmapped.texts, ['\ue000橋\n\ue001\ue001']);
  assert.deepEqual(unmapped.files[0]?.privateUse, { mapped: 0, unmapped: 3 });
  assert.equal(unmapped.files[0]?.status, 'kept');
});

test('characters of the supplementary private use planes and in chats are replaced too', async () => {
  const privateUse = PrivateUseTable.parse({ version: 1, characters: { F0001: '㈱', '10FFFD': '囲み' } });
  const chat = JSON.stringify({ messages: [{ role: 'user', content: '\u{f0001}基盤\u{10fffd}' }] });
  const { texts, files } = await readSamples({ 'a.jsonl': chat }, { privateUse });
  assert.deepEqual(texts, ['㈱基盤囲み']);
  assert.deepEqual(files[0]?.privateUse, { mapped: 2, unmapped: 0 });
});

test('a table that is wrong is refused with the entry that is', () => {
  const refused = (characters: unknown, named: string) => {
    assert.throws(
      () => PrivateUseTable.parse({ version: 1, characters }),
      (error) => isKibanError(error) && error.code === 'private-use-table-invalid' && error.detail.ja.includes(named),
    );
  };
  refused({ '4E00': '一' }, '4E00');
  refused({ e000: '髙' }, 'e000');
  refused({ E000: '' }, 'E000');
  refused({ E000: '\ue001' }, 'E000');
  refused('E000', 'characters');
});
