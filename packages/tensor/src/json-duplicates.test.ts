// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findJsonFault } from './json-duplicates.ts';

test('a key given twice in one object is found, also behind an escape, in a nested object, or after a string with quotes', () => {
  for (const [text, key] of [
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"x":{"b":[1,{}],"b":2}}', 'b'],
    ['{"a":"\\"}{,\\\\","b":1,"a":1}', 'a'],
    ['{ "" : 1 , "" : 2 }', ''],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ] as const) {
    assert.deepEqual(findJsonFault(text, 4), { kind: 'duplicate-key', key }, text);
  }
});

test('equal keys of different objects, and strings that are values, are no fault', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4, stringUnit: 'grapheme' }), (text) => {
      // What JSON.stringify wrote has no duplicates.
      assert.equal(findJsonFault(JSON.stringify(JSON.parse(text)), 100), undefined);
    }),
  );
  assert.equal(findJsonFault('{"a":{"a":"a"},"b":["a","a",{"a":1}]}', 3), undefined);
});

test('nesting beyond the limit is found, however deep', () => {
  assert.equal(findJsonFault('{"a":{"b":[1]}}', 3), undefined);
  assert.deepEqual(findJsonFault('{"a":{"b":[[1]]}}', 3), { kind: 'too-deep' });
  assert.deepEqual(findJsonFault(`${'['.repeat(200_000)}${']'.repeat(200_000)}`, 3), { kind: 'too-deep' });
});
