// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { organisationIdSchema, type Sha256Digest } from '@kiban/core';
import { generateSigningKey } from '@kiban/crypto';
import { type DataCard, sharedPart, signDataCard } from '@kiban/protocol';
import jsonld from 'jsonld';
import type { FilesReport, PrepareReport } from '../preparing/prepare-report.ts';
import { dataCardPage } from './card-page.ts';
import { dataCardLines } from './card-text.ts';
import { croissantJsonLd } from './croissant.ts';
import { type DataSetTerms, dataCardOf, reportDigest } from './data-card.ts';

const digest = 'ab'.repeat(32) as Sha256Digest;
const secret = '極秘_山田太郎.txt';
const terms: DataSetTerms = {
  organisation: organisationIdSchema.parse('steel'),
  dataSet: 'shift-logs',
  dataClass: 'confidential',
  basis: 'own records',
  purpose: 'shared base',
};
const files: FilesReport = {
  version: 1,
  pipeline: digest,
  profile: 'kiban-ja-1',
  icu: '78.1',
  unicode: '17.0',
  files: {
    total: 4,
    kept: 2,
    partlyKept: 1,
    refused: 1,
    bytes: 9_000,
    byEncoding: { 'utf-8': 2, cp932: 1 },
    byFormat: { text: 2, jsonl: 1 },
    byRefusal: { 'binary-file': 1 },
  },
  faults: { 'json-malformed': 3 },
  dropped: { 'empty-after-profile': 2 },
  qualityRules: { 'meanSentence-above': 1 },
  personalData: { 'phone/mask': 4, 'individual-number/drop': 1, '社員番号/mask': 2 },
  preparedDocuments: 50,
  problems: [
    {
      path: secret,
      status: 'refused',
      reason: 'binary-file',
      detail: 'PDF',
      bytes: 10,
      format: null,
      encoding: null,
      records: 0,
      characters: 0,
      entries: null,
      privateUse: { mapped: 0, unmapped: 0 },
      faultCount: 0,
      faultsByReason: {},
      faults: [],
    },
  ],
};
const shard = {
  version: 1,
  sequenceLength: 32,
  count: 10,
  vocabularySize: 384,
  tokenBytes: 2,
  textBytes: 500,
  tokens: 300,
  documents: 45,
  tokenizerDigest: digest,
  sha256: digest,
  documentsSha256: digest,
} as const;
const packed: PrepareReport = {
  ...files,
  tokenizerDigest: digest,
  sequenceLength: 32,
  heldOutPerMille: 5,
  documents: 48,
  chats: 3,
  duplicates: 1,
  nearDuplicates: 1,
  boilerplateParagraphs: 0,
  characters: 600,
  tokens: 330,
  charactersPerToken: 600 / 330,
  training: { documents: 45, characters: 550, tokens: 300 },
  heldOut: { documents: 3, characters: 50, tokens: 30 },
  shards: { training: shard, heldOut: { ...shard, count: 1 } },
};
const card = dataCardOf(terms, packed, Date.UTC(2026, 10, 1));

test('a card adds up what the report says, and names the report', () => {
  assert.equal(card.reportDigest, reportDigest(packed));
  assert.notEqual(reportDigest({ ...packed, tokens: 331 }), card.reportDigest);
  assert.deepEqual([card.counts.dropped, card.counts.personalData], [2, 7]);
  assert.equal(card.counts.packed?.tokens, 330);
  assert.equal(card.details?.packing?.training.byteLength, 10 * 33 * 2);
});

test('no file name, and no name of a class that is not ours, gets on a card or into anything made of it', () => {
  const signed = signDataCard(card, generateSigningKey());
  const all = [
    JSON.stringify(signed),
    JSON.stringify(croissantJsonLd(card)),
    dataCardPage(signed, 'ja'),
    dataCardLines(card, 'en').join('\n'),
  ];
  for (const text of all)
    for (const leak of [secret, '山田', '社員番号']) assert.equal(text.includes(leak), false, leak);
  assert.equal(card.details?.personalData.other, 2);
});

test('a preparation that nobody packed yet has a card without tokens', () => {
  const early = dataCardOf(terms, files, 0);
  assert.equal(early.counts.packed, null);
  assert.equal(early.details?.packing, null);
  assert.equal(early.counts.preparedDocuments, 50);
});

/** What the namespaces define: Croissant 1.1 and its vocabulary for responsible AI 1.0, as published. */
const raiProperties =
  /^(dataCollection(Type|MissingData|RawData|Timeframe)?|data(Preprocessing|Imputation|Manipulation|Annotation)Protocol|dataAnnotation(Platform|Analysis)|dataReleaseMaintenancePlan|personalSensitiveInformation|annotationsPerItem|annotatorDemographics|machineAnnotationTools|data(SocialImpact|Biases|Limitations|UseCases))$/;
const croissantProperties =
  /^(citeAs|isLiveDataset|sdVersion|recordSet|containedIn|includes|field|dataType|source|fileSet|extract|fileProperty)$/;

/** Expanded by a JSON-LD processor that is not ours; in safe mode it refuses whatever would be lost. */
async function expand(document: object): Promise<Record<string, unknown>> {
  const documentLoader = () => Promise.reject(new Error('the document needs the network'));
  const options = { documentLoader, safe: true, base: 'urn:base:' } as Parameters<typeof jsonld.expand>[1];
  const [root] = await jsonld.expand(document as Parameters<typeof jsonld.expand>[0], options);
  return root as Record<string, unknown>;
}

function* propertiesOf(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const one of value) yield* propertiesOf(one);
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) {
      if (!key.startsWith('@')) yield key;
      yield* propertiesOf(inner);
    }
}

const schema = 'https://schema.org/';
const required = ['name', 'description', 'license', 'url', 'creator', 'datePublished', 'distribution'];

function missingIn(root: Record<string, unknown>): string[] {
  const conforms = JSON.stringify(root['http://purl.org/dc/terms/conformsTo'] ?? '');
  return [
    ...required.filter((name) => !Array.isArray(root[`${schema}${name}`])),
    ...(conforms.includes('http://mlcommons.org/croissant/1.1') ? [] : ['conformsTo']),
  ];
}

for (const [name, one] of [
  ['a full card', card],
  ['a summary', sharedPart(card, 'summary')],
  ['a card before packing', dataCardOf(terms, files, 0)],
] as const satisfies readonly (readonly [string, DataCard])[]) {
  test(`${name} expands to Croissant 1.1: every required property, and none that its vocabularies do not define`, async () => {
    const root = await expand(croissantJsonLd(one));
    assert.deepEqual(root['@type'], [`${schema}Dataset`]);
    assert.deepEqual(missingIn(root), []);
    for (const property of propertiesOf(root)) {
      const local = property.replace(/^.*[/#]/, '');
      if (property.startsWith('http://mlcommons.org/croissant/RAI/')) assert.match(local, raiProperties);
      else if (property.startsWith('http://mlcommons.org/croissant/')) assert.match(local, croissantProperties);
      else
        assert.match(
          property,
          /^(https:\/\/schema\.org|http:\/\/purl\.org\/dc\/terms|http:\/\/www\.w3\.org\/ns\/(odrl\/2|prov#))/,
        );
    }
  });
}

test('the check sees a required property that is gone and a key that no vocabulary knows', async () => {
  const { license: _license, conformsTo: _conformsTo, ...rest } = croissantJsonLd(card);
  assert.deepEqual(missingIn(await expand(rest)), ['license', 'conformsTo']);
  await assert.rejects(expand({ ...croissantJsonLd(card), '@context': { cr: 'http://mlcommons.org/croissant/' } }));
});

test('a known licence becomes its address, a basis of another kind stays what it is', () => {
  const licence = (basis: string) => croissantJsonLd({ ...card, basis }).license;
  assert.equal(licence('CC-BY-4.0'), 'https://spdx.org/licenses/CC-BY-4.0');
  assert.equal(licence('https://example.org/terms'), 'https://example.org/terms');
  assert.equal((licence('own records') as { name: string }).name, 'own records');
});

test('the policy prohibits handing on, except of what is public', () => {
  const policy = (dataClass: DataCard['dataClass']) =>
    croissantJsonLd({ ...card, dataClass }).usageInfo as Record<string, unknown>;
  assert.ok('odrl:prohibition' in policy('internal'));
  assert.equal('odrl:prohibition' in policy('public'), false);
});

test('the page is one file without scripts or outside addresses, in both languages, with hostile terms escaped', () => {
  const hostile = `"><img src=x onerror=alert(1)></td><script>alert(1)</script>&`;
  const page = dataCardPage(signDataCard({ ...card, purpose: hostile, basis: hostile }, generateSigningKey()), 'en');
  assert.equal(/<(script|img|link|iframe|object)/i.test(page), false);
  assert.equal(/(src|href)=/i.test(page.replaceAll('&lt;img src=x', '')), false);
  assert.ok(page.includes('&lt;script&gt;'));
  assert.ok(page.includes('利用目的') && page.includes('purpose'));
  assert.match(page, /id="en" checked/);
});

test('lines for a terminal carry no control character of the terms', () => {
  const lines = dataCardLines({ ...card, purpose: 'red \u001b[31m\u0007' }, 'ja');
  assert.equal(/\p{Cc}/u.test(lines.join('')), false);
  assert.ok(lines.some((line) => line.includes('empty-after-profile')));
});
