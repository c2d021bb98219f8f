// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { canonicalJson, sha256Hex } from './canonical-json.ts';
import { organisationIdSchema, uuidV7 } from './ids.ts';
import { KibanError, toProblem } from './kiban-error.ts';
import { createLogger } from './logger.ts';
import { Sealed } from './sealed.ts';
import { SeededRandom } from './seeded-random.ts';

test('canonical JSON is the same for any order of keys and reads back', () => {
  assert.equal(canonicalJson({ b: 1, a: ['é', null], ー: true }), '{"a":["é",null],"b":1,"ー":true}');
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      assert.equal(canonicalJson(JSON.parse(text)), text);
    }),
  );
  assert.equal(sha256Hex(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('a sealed value shows itself nowhere but where it is opened', () => {
  const sealed = new Sealed('極秘の文書');
  assert.equal(`${sealed}${JSON.stringify({ sealed })}${inspect({ sealed })}`.includes('極秘'), false);
  assert.equal(sealed.open(), '極秘の文書');
});

test('problems show what is safe: details of refusals, only titles of inner faults', () => {
  const refusal = new KibanError({
    code: 'late',
    status: 409,
    title: { ja: '遅い', en: 'Late' },
    detail: 'come earlier',
    extra: { by: 3 },
  });
  assert.deepEqual(toProblem(refusal, 'ja', 'i-1'), {
    by: 3,
    type: 'urn:kiban:problem:late',
    title: '遅い',
    status: 409,
    code: 'late',
    retryable: false,
    detail: 'come earlier',
    instance: 'i-1',
  });
  const inner = toProblem(new Error('password is hunter2'));
  assert.equal(inner.status, 500);
  assert.equal(JSON.stringify(inner).includes('hunter2'), false);
});

test('a log line holds allow-listed fields only, and of a foreign error no message', () => {
  const lines: string[] = [];
  const logger = createLogger('node', { write: (line: string) => void lines.push(line) });
  logger.info('round-opened', { round: 3, document: '極秘' } as { round: number });
  logger.error('task-failed', new Error('極秘の内容'));
  const [opened, failed] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(opened?.round, 3);
  assert.equal(opened?.document, undefined);
  assert.equal(JSON.stringify(failed).includes('極秘'), false);
});

test('seeded draws repeat, differ by seed, and stay in their ranges', () => {
  const draw = (seed: string) =>
    Array.from(
      { length: 5 },
      (
        (random) => () =>
          random.uint32()
      )(new SeededRandom(seed)),
    );
  assert.deepEqual(draw('a'), draw('a'));
  assert.notDeepEqual(draw('a'), draw('b'));
  const random = new SeededRandom('range');
  for (let index = 0; index < 1_000; index += 1) {
    const value = random.between(-2, 2);
    assert.ok(value >= -2 && value <= 2);
  }
  const list = Array.from({ length: 50 }, (_, index) => index);
  assert.deepEqual(
    [...random.shuffle([...list])].sort((a, b) => a - b),
    list,
  );
});

test('ids that could leave a path or a log line are refused', () => {
  for (const id of ['../etc', 'A', 'a b', 'a', '', '鉄', 'a'.repeat(41)])
    assert.equal(organisationIdSchema.safeParse(id).success, false);
  assert.equal(organisationIdSchema.safeParse('steel-1').success, true);
  assert.match(uuidV7(0), /^00000000-0000-7/);
});
