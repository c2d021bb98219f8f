// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeEntries, documentEntryBytes, encodeEntries } from './document-index.ts';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const start = fc.record({ document: fc.nat(), column: fc.nat(), digest });

test('entries that were written are read back: row, column and the first 16 bytes of the digest', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(start, { maxLength: 20 }), (row, starts) => {
      const bytes = encodeEntries(row, starts);
      assert.equal(bytes.length, starts.length * documentEntryBytes);
      const expected = starts.map((one) => ({ row, column: one.column, digest: one.digest.slice(0, 32) }));
      assert.deepEqual([...decodeEntries(bytes)], expected);
    }),
  );
});
