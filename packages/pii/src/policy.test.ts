// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKibanError } from '@kiban/core';
import { detect } from './detect.ts';
import { defaultPolicy, parsePolicy } from './policy.ts';

const faultsOf = (yaml: string) => {
  try {
    parsePolicy(yaml, 'policy.yaml');
  } catch (error) {
    assert.ok(isKibanError(error) && error.code === 'config-invalid');
    return error.detail.en;
  }
  return '';
};

test('classes not named keep their built-in action', () => {
  const policy = parsePolicy('version: 1\nclasses:\n  mobile-number: off\n', 'policy.yaml');
  assert.equal(policy.actions['mobile-number'], 'off');
  assert.equal(policy.actions['individual-number'], 'drop');
  assert.equal(detect('090-1234-5678', policy).length, 0);
  assert.equal(detect('090-1234-5678', defaultPolicy).length, 1);
});

test('a company names its own numbers, with context and exclusions', () => {
  const policy = parsePolicy(
    `version: 1
exclusions: [治工具]
patterns:
  - class: employee-number
    label: { ja: 社員番号, en: employee number }
    pattern: 'E\\d{6}'
    context: [社員番号, 従業員]
    contextRequired: true
  - class: device-number
    label: { ja: 端末番号, en: device number }
    pattern: 'KB-[0-9A-F]{8}'
    exclude: [見本]
    action: tag
`,
    'policy.yaml',
  );
  const found = (text: string) =>
    detect(text, policy).map(({ class: name, suspect, action }) => [name, suspect, action]);
  assert.deepEqual(found('社員番号：Ｅ１２３４５６'), [['employee-number', false, 'mask']]);
  assert.deepEqual(found('装置 E123456 を交換'), []);
  assert.deepEqual(found('社員番号 E1234567'), []);
  assert.deepEqual(found('端末 KB-00FF12AB'), [['device-number', false, 'tag']]);
  assert.deepEqual(found('見本 KB-00FF12AB'), []);
  assert.deepEqual(found('治工具 090-1234-5678'), []);
});

test('faults name line and field', () => {
  assert.match(faultsOf('version: 1\nclasses:\n  mobile-number: mark\n'), /^policy\.yaml:3 classes\.mobile-number/);
  assert.match(
    faultsOf('version: 1\nclasses:\n  mobile-number: surrogate\n'),
    /policy\.yaml:3 classes\.mobile-number: surrogates exist for/,
  );
  assert.match(faultsOf('version: 1\nclasses:\n  shoe-size: mask\n'), /policy\.yaml:\d+ classes/);
  assert.match(faultsOf('version: 1\nclass: {}\n'), /policy\.yaml:2 class: /);
  const pattern = (fields: string) =>
    `version: 1\npatterns:\n  - class: own\n    label: {ja: 番号, en: number}\n${fields}`;
  assert.match(faultsOf(pattern("    pattern: '(?=a)b'\n")), /policy\.yaml:5 patterns\.0\.pattern: is no RE2 pattern/);
  assert.match(faultsOf(pattern("    pattern: '(a)\\1'\n")), /patterns\.0\.pattern: is no RE2 pattern/);
  assert.match(faultsOf(pattern("    pattern: 'a*'\n")), /patterns\.0\.pattern: matches the empty text/);
  assert.match(faultsOf(pattern("    pattern: 'a'\n    contextRequired: true\n")), /patterns\.0\.context/);
  assert.match(
    faultsOf(pattern("    pattern: 'a'\n").replace('own', 'address')),
    /patterns\.0\.class: is a built-in class/,
  );
});
