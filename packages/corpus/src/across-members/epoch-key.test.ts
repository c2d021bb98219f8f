// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { canonicalJson, type OrganisationId, systemRandom } from '@kiban/core';
import { generateSigningKey, type SigningKey, verifyKeyToSpki } from '@kiban/crypto';
import { type DuplicateTerms, duplicateTermsSchema } from '@kiban/protocol';
import { advertiseEpochKeys, drawEpochSeed, openEpochKey, sealEpochKey } from './epoch-key.ts';

const names = ['auto', 'bank', 'steel'] as OrganisationId[];
const signKeys = new Map<OrganisationId, SigningKey>(names.map((name) => [name, generateSigningKey()]));

function termsOf(exchange: string, keys = signKeys): DuplicateTerms {
  const members = names.map((organisation) => ({
    organisation,
    roundKey: verifyKeyToSpki(keys.get(organisation)!.verifyKey),
  }));
  return duplicateTermsSchema.parse({ version: 1, exchange, unicode: '17.0', members });
}

function advertise(terms: DuplicateTerms, keys = signKeys) {
  const seeds = new Map(names.map((name) => [name, drawEpochSeed(systemRandom)]));
  const identity = (organisation: OrganisationId) => ({ organisation, signKey: keys.get(organisation)! });
  const advertised = new Map(names.map((name) => [name, advertiseEpochKeys(terms, identity(name), seeds.get(name)!)]));
  return { seeds, identity, advertised };
}

const [auto, bank, steel] = names as [OrganisationId, OrganisationId, OrganisationId];
const refused = (organisation: string) => ({ code: 'epoch-key-refused', message: new RegExp(organisation) });

test('all members open the key that the first one drew, and nothing that travels or prints contains it', () => {
  const terms = termsOf('first');
  const { seeds, identity, advertised } = advertise(terms);
  const { key, text } = sealEpochKey(terms, identity(auto), seeds.get(auto)!, advertised, systemRandom);
  for (const name of [bank, steel])
    assert.deepEqual(openEpochKey(terms, identity(name), seeds.get(name)!, advertised, text).open(), key.open());
  assert.equal(key.open().length, 32);
  const seen = [text, ...advertised.values(), inspect(key), inspect(seeds)].join('\n');
  for (const secret of [key.open(), ...[...seeds.values()].map((seed) => seed.open().subarray(0, 32))])
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      assert.ok(!seen.includes(Buffer.from(secret).toString(encoding).replace(/=+$/, '')));
  // Restarted from its seed a member says the same.
  assert.equal(advertiseEpochKeys(terms, identity(bank), seeds.get(bank)!), advertised.get(bank));
});

test('only the first member draws, and only when all have advertised', () => {
  const terms = termsOf('first');
  const { seeds, identity, advertised } = advertise(terms);
  assert.throws(() => sealEpochKey(terms, identity(bank), seeds.get(bank)!, advertised, systemRandom), refused('bank'));
  advertised.delete(steel);
  assert.throws(
    () => sealEpochKey(terms, identity(auto), seeds.get(auto)!, advertised, systemRandom),
    refused('steel'),
  );
});

test('a hub that puts keys of its own into a member’s text is refused, as it has no round key', () => {
  const terms = termsOf('first');
  const { seeds, identity, advertised } = advertise(terms);
  const hub = advertise(terms, new Map(names.map((name) => [name, generateSigningKey()])));
  advertised.set(bank, hub.advertised.get(bank)!);
  assert.throws(() => sealEpochKey(terms, identity(auto), seeds.get(auto)!, advertised, systemRandom), refused('bank'));
  // Nor another member's text under this member's name.
  advertised.set(bank, advertised.get(steel)!);
  assert.throws(() => sealEpochKey(terms, identity(auto), seeds.get(auto)!, advertised, systemRandom), refused('bank'));
});

test('texts of another exchange or of other terms are refused: replay, a member more, another round key', () => {
  const terms = termsOf('second');
  const { seeds, identity, advertised } = advertise(terms);
  const old = advertise(termsOf('first'));
  advertised.set(steel, old.advertised.get(steel)!);
  assert.throws(
    () => sealEpochKey(terms, identity(auto), seeds.get(auto)!, advertised, systemRandom),
    refused('steel'),
  );

  const honest = advertise(terms);
  const { text } = sealEpochKey(terms, honest.identity(auto), honest.seeds.get(auto)!, honest.advertised, systemRandom);
  const other = { ...terms, unicode: '16.0' };
  assert.throws(
    () => openEpochKey(other, honest.identity(bank), honest.seeds.get(bank)!, honest.advertised, text),
    refused('auto'),
  );
});

test('a sealed text that is changed, another’s, of another exchange, or for others only does not open', () => {
  const terms = termsOf('first');
  const { seeds, identity, advertised } = advertise(terms);
  const { text } = sealEpochKey(terms, identity(auto), seeds.get(auto)!, advertised, systemRandom);
  const open = (sealed: string) => () => openEpochKey(terms, identity(bank), seeds.get(bank)!, advertised, sealed);
  const envelope = JSON.parse(text) as { body: string; signature: string };
  const swapped = envelope.body.replace('"to":"bank"', '"to":"none"');
  for (const changed of [
    'nothing',
    text.slice(0, -2),
    canonicalJson({ ...envelope, body: swapped }),
    advertised.get(auto)!,
  ])
    assert.throws(open(changed), refused('auto'));
  const again = advertise(terms);
  const other = sealEpochKey(terms, again.identity(auto), again.seeds.get(auto)!, again.advertised, systemRandom);
  assert.throws(open(other.text), refused('auto'));
  assert.throws(() => openEpochKey(terms, identity(bank), seeds.get(steel)!, advertised, text), refused('bank'));
});
