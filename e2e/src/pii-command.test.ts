// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { kibanEntry } from '@kiban/testkit';

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'kiban-pii-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

function kiban(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', kibanEntry, 'pii', ...args],
    { encoding: 'utf8', timeout: 60_000, input },
  );
  assert.ok(!/\n\s+at /.test(stderr), `a stack trace: ${stderr}`);
  return { status, stdout, stderr };
}

const text = '点検日誌\n担当：佐藤健太 電話 090-1234-5678\n個人番号 983205673215\n';

test('a scan tells line, class, rule, evidence and action, and keeps the values to itself', () => {
  const { status, stdout } = kiban(['scan', '-', '--lang', 'en'], text);
  assert.equal(status, 0);
  assert.match(stdout, /^2:4 {2}name of a person \(person-name\) .* surrogate .*context "担当" \+0\.5/m);
  assert.match(stdout, /^2:12 {2}mobile number \(mobile-number\) .* mask /m);
  assert.match(stdout, /^3:6 .*\(individual-number\) {2}0\.60 {2}review .*failed check digit/m);
  assert.match(stdout, /Hits: 2\. For review: 1\./);
  assert.ok(!/佐藤|5678|983205673215/.test(stdout));
  assert.match(
    kiban(['scan', '-', '--lang', 'ja', '--show-values'], text).stdout,
    /氏名 .*"佐藤健太"[\s\S]*該当 2 件、要確認 1 件/,
  );
});

test('a scan reads CP932 and follows a policy file, whose faults are named', () => {
  const file = join(directory, 'log.txt');
  // 電話 090-1234-5678
  writeFileSync(file, Buffer.concat([Buffer.from([0x93, 0x64, 0x98, 0x62]), Buffer.from(' 090-1234-5678')]));
  const policy = join(directory, 'policy.yaml');
  writeFileSync(policy, 'version: 1\nclasses:\n  mobile-number: drop\n');
  const { findings } = JSON.parse(kiban(['scan', file, '--policy', policy, '--json']).stdout);
  assert.equal(findings.length, 1);
  assert.equal(findings[0].action, 'drop');
  assert.equal(findings[0].value, undefined);
  writeFileSync(policy, 'version: 1\nclasses:\n  mobile-number: hide\n');
  const bad = kiban(['scan', file, '--policy', policy, '--lang', 'en']);
  assert.equal(bad.status, 3);
  assert.match(bad.stderr, /policy\.yaml:3 classes\.mobile-number/);
  assert.equal(kiban(['scan', join(directory, 'absent.txt'), '--lang', 'en']).status, 6);
});

test('an evaluation prints recall and precision by class and by way of typing', () => {
  const { status, stdout } = kiban(['evaluate', '--per-variant', '30', '--decoys', '10000', '--lang', 'en']);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^individual-number +1\.000 +1\.000 /m);
  assert.match(stdout, /^kanji-digits /m);
  assert.match(stdout, /^Numbers of things: \d+, false hits 0 \(0\.00 in 10,000, limit 1\); for review \d+$/m);
});
