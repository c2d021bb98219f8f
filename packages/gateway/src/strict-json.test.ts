// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseStrictJson } from './strict-json.ts';

test('a name that occurs twice in one object is found at any depth and through escapes', () => {
  assert.deepEqual(parseStrictJson('{"a":1,"a":2}'), { kind: 'duplicate-key', key: 'a' });
  assert.deepEqual(parseStrictJson('{"x":[{"content":"p","c\\u006fntent" :"q"}]}'), {
    kind: 'duplicate-key',
    key: 'content',
  });
});

test('the same name in different objects, or as a value, is no duplicate', () => {
  assert.equal(parseStrictJson('[{"a":"a"},{"a":{"a":"a\\":"}}]').kind, 'value');
});

test('whatever JSON.stringify writes is read back unchanged', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      const parsed = parseStrictJson(text);
      assert.deepEqual(parsed, { kind: 'value', value: JSON.parse(text) });
    }),
  );
});

test('anything is accepted exactly if JSON.parse accepts it', () => {
  const fragment = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\\u00',
    '1',
    'null',
    ' ',
    'a',
    '"a":',
    '{"b":1}',
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 10 }), (fragments) => {
      const text = fragments.join('');
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      assert.equal(parseStrictJson(text).kind !== 'invalid', valid);
    }),
    { numRuns: 500 },
  );
});

test('nesting deeper than 64 is refused before it is parsed, also a million brackets', () => {
  const nest = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  assert.equal(parseStrictJson(nest(64)).kind, 'value');
  assert.equal(parseStrictJson(nest(65)).kind, 'too-deep');
  assert.equal(parseStrictJson('['.repeat(1_000_000)).kind, 'too-deep');
});
