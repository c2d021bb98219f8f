// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  corporateNumberHolds,
  drivingLicenceCheck,
  drivingLicenceHolds,
  individualNumberCheck,
  individualNumberHolds,
  insurerNumberHolds,
  luhnHolds,
  machineReadableCheck,
  municipalityCodeCheck,
  postalSavingsAccount,
  vehicleNumberHolds,
} from './check-digits.ts';

test('個人番号: published examples and both edges of the remainder', () => {
  for (const number of ['983205673214', '123456789018', '200000395950', '200000000000'])
    assert.ok(individualNumberHolds(number), number);
  assert.equal(individualNumberCheck('98320567321'), 4);
  assert.ok(!individualNumberHolds('983205673215'));
});

test('法人番号: published examples', () => {
  for (const number of ['7000012050002', '4011001098993', '2120901007402', '8700110005901', '7123456789012'])
    assert.ok(corporateNumberHolds(number), number);
  assert.ok(!corporateNumberHolds('6000012050002'));
});

test('運転免許証番号: the convention, its edges, and a printed specimen that breaks it', () => {
  assert.ok(drivingLicenceHolds('309012345620'));
  assert.equal(drivingLicenceCheck('3090123456'), 2);
  for (const number of ['302000003710', '302000114700']) assert.ok(drivingLicenceHolds(number), number);
  assert.ok(!drivingLicenceHolds('309212345610'));
});

test('保険者番号 of eight and six digits, and payment cards', () => {
  for (const number of ['33120015', '01130012', '138016']) assert.ok(insurerNumberHolds(number), number);
  for (const number of ['4111111111111111', '3530111333300000']) assert.ok(luhnHolds(number), number);
  assert.ok(!luhnHolds('4111111111111112'));
});

test('machine-readable zones, municipality codes, 記号番号 and chassis numbers', () => {
  assert.deepEqual(['TR1234567', '000101', '250101'].map(machineReadableCheck), [2, 8, 7]);
  assert.deepEqual(['13101', '01100', '27100'].map(municipalityCodeCheck), [6, 2, 4]);
  assert.deepEqual(postalSavingsAccount('10530', '12345671'), { branch: '058', account: '1234567' });
  assert.equal(postalSavingsAccount('10530', '12345672'), undefined);
  assert.deepEqual(postalSavingsAccount('00530', '123456'), { branch: '059', account: '0123456' });
  assert.ok(vehicleNumberHolds('1M8GDM9AXKP042788'));
  assert.ok(vehicleNumberHolds('11111111111111111'));
  assert.ok(!vehicleNumberHolds('1M8GDM9A1KP042788'));
});
