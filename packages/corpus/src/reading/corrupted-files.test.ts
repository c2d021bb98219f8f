// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkCorruptedFiles } from './samples/corrupted-files.ts';
import { eachFormat } from './samples/each-format.ts';
import { readSamples } from './samples/read-sample.ts';

test('a sound file of each format and encoding is kept whole', async () => {
  const { files } = await readSamples(eachFormat());
  assert.deepEqual(
    files.filter(({ status }) => status !== 'kept').map(({ path }) => path),
    [],
  );
  assert.equal(files.length, 17);
});

test('a damaged file of any format never throws, and every file and entry is accounted for', () =>
  checkCorruptedFiles(8));
