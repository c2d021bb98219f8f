// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { type ConfigFault, parseYaml, readYamlFile } from './config-file.ts';
import { isKibanError } from './kiban-error.ts';

const schema = z.strictObject({
  name: z.string(),
  listen: z.strictObject({ port: z.int().max(65_535) }),
  tags: z.array(z.string()).default([]),
});

function faultsOf(text: string): readonly ConfigFault[] {
  try {
    parseYaml(text, schema, 'x.yaml');
  } catch (error) {
    assert.ok(isKibanError(error) && error.code === 'config-invalid');
    return error.extra.faults as ConfigFault[];
  }
  throw new Error('no fault was found');
}

test('a sound file gives its value with defaults', () => {
  assert.deepEqual(parseYaml('name: a\nlisten: { port: 1 }\n', schema, 'x.yaml'), {
    name: 'a',
    listen: { port: 1 },
    tags: [],
  });
});

test('all faults are reported at once, each with field and line', () => {
  const faults = faultsOf('name: 5\nlisten:\n  port: 99999\n  hots: x\nextra: 1\n');
  assert.deepEqual(faults.map((fault) => [fault.path, fault.line]).sort(), [
    ['extra', 5],
    ['listen.hots', 4],
    ['listen.port', 3],
    ['name', 1],
  ]);
});

test('malformed YAML and duplicate keys name their line', () => {
  assert.equal(faultsOf('name: a\nlisten: {port: 1\n')[0]?.line, 3);
  assert.equal(faultsOf('name: a\nname: b\nlisten: {port: 1}\n')[0]?.line, 2);
});

test('a file that is not there is named', async () => {
  await assert.rejects(readYamlFile('/nonexistent/kiban.yaml', schema), { code: 'file-unreadable' });
});
