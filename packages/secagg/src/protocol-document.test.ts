// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { leastQuorum, leastThreshold } from './plan-check.ts';
import { type RefusalCode, refusalStatus } from './problems.ts';

const text = readFileSync(new URL('../../../docs/protocol/secure-aggregation.md', import.meta.url), 'utf8');
const source = readFileSync(new URL('problems.ts', import.meta.url), 'utf8');

test('the document lists every refusal under its status, and no other', () => {
  const section = /## 19\. Refusals\n(.*?)\n## /s.exec(text)?.[1] ?? '';
  const listed = [...section.matchAll(/^\| (\d+) \| (.*) \|$/gm)].flatMap(([, status, codes]) =>
    [...(codes as string).matchAll(/`([a-z-]+)`/g)].map((match) => [match[1] as RefusalCode, Number(status)] as const),
  );
  for (const [code, status] of listed) assert.equal(refusalStatus(code), status, code);
  const known = [...source.matchAll(/^ {2}'([a-z-]+)': \{/gm)].map((match) => match[1]);
  assert.ok(known.length > 30);
  assert.deepEqual(listed.map(([code]) => code).sort(), known.sort());
});

test('the table of thresholds is what plans are checked against', () => {
  const row = (head: string) => {
    const line = text.split('\n').find((one) => one.startsWith(`| ${head} |`)) ?? '';
    return [...line.matchAll(/\d+(?= )/g)].map(Number).slice(-11);
  };
  const members = row('N');
  assert.deepEqual(members, [3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 32]);
  const thresholds = members.map(leastThreshold);
  assert.deepEqual(row('t'), thresholds);
  assert.deepEqual(
    row('quorum'),
    members.map((count) => leastQuorum(count)),
  );
  assert.deepEqual(
    row('may be lost'),
    members.map((count) => count - leastQuorum(count)),
  );
  assert.deepEqual(
    row('colluders, lock A alone: 2t-N-1'),
    members.map((count, place) => 2 * (thresholds[place] as number) - count - 1),
  );
});
