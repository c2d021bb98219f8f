// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { organisationIdSchema, silentLogger } from '@kiban/core';
import { isPacked, type PrepareReport, prepareDataSet, trainTokenizer } from '@kiban/corpus';
import { generateSigningKey } from '@kiban/crypto';
import { dataCardDigest, verifyDataCard } from '@kiban/protocol';
import { EventLog, openDatabase } from '@kiban/store-sql';
import { DataCards } from './data-cards.ts';
import { DataSets, newDataSetSchema } from './data-sets.ts';
import { type NodeSchema, nodeMigrations } from './schema.ts';

const root = mkdtempSync(join(tmpdir(), 'kiban-data-cards-'));
const key = generateSigningKey();
const never = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];
let dataSets: DataSets;
let cards: DataCards;
let nowMs = Date.UTC(2026, 0, 1);

before(async () => {
  const clock = { nowMs: () => (nowMs += 1_000) };
  const database = await openDatabase<NodeSchema>(join(root, 'node.sqlite'), nodeMigrations);
  closers.push(() => database.destroy());
  const events = new EventLog(database, clock, silentLogger);
  dataSets = new DataSets(database, clock, events, join(root, 'corpus'));
  const organisation = organisationIdSchema.parse('steel');
  cards = new DataCards({ organisation, key, dataSets, clock, events });
});
after(async () => {
  for (const close of closers) await close();
  rmSync(root, { recursive: true, force: true });
});

let number = 0;
let id = '';
let folder = '';
beforeEach(async () => {
  number += 1;
  id = `logs-${number}`;
  folder = join(root, 'in', id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'a.txt'), '第三高炉の溶銑温度は1,480℃である。');
  writeFileSync(join(folder, 'b.bin'), '\0\0');
  await dataSets.add(newDataSetSchema.parse({ id, folder, basis: 'own records', purpose: 'tests' }));
});

const pathOf = (name: string) => join(dataSets.storeDirectory(id), name);

async function pack(): Promise<{ readonly report: PrepareReport; readonly output: string }> {
  const { tokenizer } = await trainTokenizer(['溶銑温度が低下した。'.repeat(9)], { vocabularySize: 384 });
  const output = join(root, 'out', id);
  const options = { folder, source: id, tokenizer, sequenceLength: 32, heldOutPerMille: 0 };
  const storeDirectory = dataSets.storeDirectory(id);
  return { report: await prepareDataSet({ ...options, storeDirectory, outputDirectory: output }), output };
}

test('before anything is prepared there is neither report nor card, and the answer says what to do', async () => {
  await assert.rejects(cards.report(id), { code: 'not-prepared' });
  await assert.rejects(cards.card(id), { code: 'not-prepared' });
  await assert.rejects(cards.card('nothing'), { code: 'not-found' });
});

test('taking stock prepares, and leaves a report and a card of it that this node signed', async () => {
  const { report, card } = await cards.takeStock(id, never);
  assert.deepEqual([report.files.kept, report.files.refused], [1, 1]);
  assert.equal(verifyDataCard(card).keyId, key.keyId);
  assert.deepEqual(await cards.card(id), card);
  assert.deepEqual(await cards.report(id), report);
});

test('a card that a crash left out, that was damaged or that somebody changed is made again', async () => {
  const { card } = await cards.takeStock(id, never);
  const text = readFileSync(pathOf('card.json'), 'utf8');
  for (const left of [undefined, text.slice(0, 40), text.replace('"refused": 1', '"refused": 0')]) {
    rmSync(pathOf('card.json'));
    if (left !== undefined) writeFileSync(pathOf('card.json'), left);
    const again = await cards.card(id);
    assert.equal(verifyDataCard(again).keyId, key.keyId);
    assert.equal(again.card.reportDigest, card.card.reportDigest);
    assert.equal(again.card.counts.files.refused, 1);
  }
});

test('a programme’s report makes the newest card; it is made once, and again only for another report', async () => {
  await cards.takeStock(id, never);
  const { report, output } = await pack();
  const first = await cards.ofProgramme(id, report, output);
  assert.equal(first.card.counts.packed?.tokens, report.tokens);
  assert.deepEqual(await cards.ofProgramme(id, report, output), first);
  assert.deepEqual(await cards.card(id), first);
  const other = await cards.ofProgramme(id, { ...report, duplicates: 1 }, output);
  assert.notEqual(dataCardDigest(other.card), dataCardDigest(first.card));
});

test('preparing the same files again keeps the tokens that a programme counted; another file does not', async () => {
  const { report, output } = await pack();
  const first = await cards.ofProgramme(id, report, output);
  assert.deepEqual((await cards.takeStock(id, never)).card, first);
  writeFileSync(join(folder, 'c.txt'), '追加の記録。');
  const later = await cards.takeStock(id, never);
  assert.equal(isPacked(later.report), false);
  assert.equal(later.card.card.counts.packed, null);
});

test('a steward signs the report as it is; when it changes, the signature is of an older one', async () => {
  await cards.takeStock(id, never);
  assert.deepEqual(await cards.signature(id), { signed: null, current: false });
  const signed = await cards.sign(id, { steward: 'K. Minase', remark: '' });
  assert.equal(signed.statement.cardDigest, dataCardDigest((await cards.card(id)).card));
  assert.deepEqual(await cards.signature(id), { signed, current: true });
  writeFileSync(join(folder, 'c.txt'), '追加の記録。');
  await cards.takeStock(id, never);
  assert.deepEqual(await cards.signature(id), { signed, current: false });
  writeFileSync(pathOf('steward.json'), readFileSync(pathOf('steward.json'), 'utf8').replace('Minase', 'Nobody'));
  assert.equal((await cards.signature(id)).signed, null);
});

test('a data set that is removed takes report and card with it', async () => {
  await cards.takeStock(id, never);
  await dataSets.remove(id, new Map());
  assert.equal(existsSync(pathOf('card.json')), false);
  assert.equal(existsSync(pathOf('report.json')), false);
});
