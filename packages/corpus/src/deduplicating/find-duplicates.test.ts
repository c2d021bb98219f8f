// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SeededRandom, sha256Hex } from '@kiban/core';
import { cutParagraphs, documentFingerprint } from './document-fingerprint.ts';
import { type DuplicateDecisions, type FindDuplicatesOptions, findDuplicates } from './find-duplicates.ts';
import { bandCount, equalSlots, leastEqualSlots, rowsPerBand } from './min-hash.ts';
import { FingerprintReader } from './partition-reader.ts';
import { openFingerprintWriter } from './partition-writer.ts';

interface Doc {
  readonly id: string;
  readonly text: string;
  readonly tier: number;
  readonly source: string;
}

function draw(random: SeededRandom, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(0x4e00 + random.below(3_000))).join('');
}

/** Texts with exact copies, near copies of all degrees, chains, and short ones. */
function collection(seed: number, size: number): Doc[] {
  const random = new SeededRandom(seed);
  const texts: string[] = [];
  while (texts.length < size) {
    const old = texts.length === 0 ? '' : random.pick(texts);
    const choice = random.below(10);
    if (choice < 2 && old !== '') texts.push(old);
    else if (choice < 7 && old.length > 20) {
      const at = random.below(old.length);
      const cut = random.between(1, Math.ceil(old.length * 0.15));
      texts.push(old.slice(0, at) + draw(random, cut) + old.slice(at + cut));
    } else texts.push(draw(random, random.chance(0.1) ? random.between(1, 6) : random.between(100, 400)));
  }
  return texts.map((text, index) => ({
    id: sha256Hex(`${seed} ${index}`).slice(0, 32),
    text,
    tier: random.below(3),
    source: 'logs',
  }));
}

/** Writes documents to partitions, dealt out by the seed, and gives what was decided by document id. */
async function decide(
  documents: readonly Doc[],
  partitions: number,
  seed: number,
  options: FindDuplicatesOptions = {},
): Promise<{ keepers: Map<string, string>; decisions: DuplicateDecisions; verdicts: Map<string, string> }> {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-duplicates-'));
  try {
    const random = new SeededRandom(seed);
    const dealt: Doc[][] = [];
    for (const source of new Set(documents.map((document) => document.source))) {
      const hands: Doc[][] = Array.from({ length: partitions }, () => []);
      for (const document of random.shuffle(documents.filter((own) => own.source === source)))
        random.pick(hands).push(document);
      dealt.push(...hands);
    }
    const folders: string[] = [];
    for (const [index, hand] of dealt.entries()) {
      const path = join(folder, `${index}`);
      folders.push(path);
      const writer = await openFingerprintWriter(path, hand[0]?.source ?? 'logs');
      for (const { id, text, tier } of hand) await writer.append({ id, tier, fingerprint: documentFingerprint(text) });
      await writer.commit();
      await writer.close();
    }
    const reader = new FingerprintReader(folders);
    const decisions = await findDuplicates(reader, options);
    reader.close();
    const all = dealt.flat();
    return {
      decisions,
      keepers: new Map(all.map(({ id }, ordinal) => [id, all[decisions.keeper(ordinal)]!.id])),
      verdicts: new Map(all.map(({ id }, ordinal) => [id, decisions.verdict(ordinal)])),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The rule by comparing every document with every other. */
function reference(documents: readonly Doc[]): Map<string, string> {
  const prints = documents.map(({ text }) => documentFingerprint(text));
  const cluster = documents.map((_, index) => index);
  const join2 = (left: number, right: number) => {
    const [from, to] = [cluster[left]!, cluster[right]!];
    for (const [index, own] of cluster.entries()) if (own === from) cluster[index] = to;
  };
  for (let left = 0; left < documents.length; left += 1)
    for (let right = 0; right < left; right += 1) {
      if (prints[left]!.digest === prints[right]!.digest) join2(left, right);
      const [a, b] = [prints[left]!.signature, prints[right]!.signature];
      if (a === undefined || b === undefined) continue;
      const bands = Array.from({ length: bandCount }, (_, band) =>
        a
          .subarray(band * rowsPerBand, (band + 1) * rowsPerBand)
          .every((slot, row) => slot === b[band * rowsPerBand + row]),
      );
      if (bands.includes(true) && equalSlots(a, b) >= leastEqualSlots) join2(left, right);
    }
  // Of copies only the best one competes; it has the highest tier of them.
  const best = (members: number[]) =>
    members.reduce((one, other) => {
      const [a, b] = [documents[one]!, documents[other]!];
      const order =
        b.tier - a.tier ||
        b.text.length - a.text.length ||
        (prints[one]!.digest < prints[other]!.digest ? -1 : prints[one]!.digest > prints[other]!.digest ? 1 : 0) ||
        (a.id < b.id ? -1 : 1);
      return order <= 0 ? one : other;
    });
  const keepers = new Map<string, string>();
  for (const [index, { id }] of documents.entries()) {
    const members = cluster.flatMap((own, member) => (own === cluster[index] ? [member] : []));
    keepers.set(id, documents[best(members)]!.id);
  }
  return keepers;
}

test('what is kept is what comparing every document with every other keeps, whatever the order, partitions and memory', async () => {
  for (const seed of [1, 2, 3]) {
    const documents = collection(seed, 120);
    const expected = reference(documents);
    assert.ok(new Set(expected.values()).size < 100);
    for (const [partitions, options] of [
      [1, {}],
      [3, { bandMemoryBytes: 1 }],
      [7, { bandMemoryBytes: 120 * 8 * 5 }],
    ] as const) {
      const { keepers, decisions } = await decide(documents, partitions, seed * 10 + partitions, options);
      assert.deepEqual([...keepers].sort(), [...expected].sort());
      const { kept, exactDuplicates, nearDuplicates } = decisions.counts;
      assert.equal(kept, new Set(expected.values()).size);
      assert.equal(kept + exactDuplicates + nearDuplicates, documents.length);
      assert.ok(exactDuplicates > 0 && nearDuplicates > 0 && decisions.counts.confirmedPairs > 0);
    }
  }
});

test('with a window shorter than the runs fewer pairs are compared, and the decision still does not depend on the order', async () => {
  const common = draw(new SeededRandom(31), 300);
  const documents = Array.from({ length: 60 }, (_, index) => ({
    id: sha256Hex(`${index}`).slice(0, 32),
    // A common beginning makes common bands; two out of three are too different to be confirmed.
    text: common + draw(new SeededRandom(index), index % 3 === 0 ? 10 : 300),
    tier: 0,
    source: 'logs',
  }));
  const all = await decide(documents, 1, 1);
  const some = await decide(documents, 1, 1, { windowDocuments: 4 });
  assert.ok(some.decisions.counts.comparedPairs < all.decisions.counts.comparedPairs);
  for (const partitions of [2, 5]) {
    const { keepers } = await decide(documents, partitions, partitions, { windowDocuments: 4 });
    assert.deepEqual([...keepers].sort(), [...some.keepers].sort());
  }
});

test('equal texts are exact duplicates, also under five characters; others under five are never near duplicates', async () => {
  const text = ['異常なし', '異常なし', '異常あり', '異常'];
  const documents = text.map((own, index) => ({ id: `${index}`.repeat(32), text: own, tier: 0, source: 'logs' }));
  const { verdicts } = await decide(documents, 2, 4);
  assert.deepEqual(
    documents.map(({ id }) => verdicts.get(id)),
    ['kept', 'exact-duplicate', 'kept', 'kept'],
  );
});

test('of near duplicates the higher tier is kept before the longer text', async () => {
  const long = draw(new SeededRandom(9), 500);
  const make = (id: string, text: string, tier: number) => ({ id: id.repeat(32), text, tier, source: 'logs' });
  const documents = [make('a', long, 0), make('b', `${long}追記`, 0), make('c', long.slice(3), 0)];
  assert.equal((await decide(documents, 2, 1)).keepers.get('c'.repeat(32)), 'b'.repeat(32));
  documents[2] = make('c', long.slice(3), 1);
  assert.equal((await decide(documents, 2, 1)).keepers.get('b'.repeat(32)), 'c'.repeat(32));
});

test('fingerprints that were changed on disk are not decided on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-duplicates-'));
  try {
    const writer = await openFingerprintWriter(folder, 'logs');
    await writer.append({
      id: 'a'.repeat(32),
      tier: 0,
      fingerprint: documentFingerprint(draw(new SeededRandom(1), 50)),
    });
    await writer.commit();
    await writer.close();
    const path = join(folder, 'records.bin');
    const records = readFileSync(path);
    records[100]! ^= 1;
    writeFileSync(path, records);
    const reader = new FingerprintReader([folder]);
    await assert.rejects(findDuplicates(reader), { code: 'fingerprints-damaged' });
    reader.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const signature = '本書は社内限りとし、無断での複写および社外への持ち出しを固く禁じます。';
const rare = '本件は品質保証部の承認を得たうえで関係各部署に展開するものとする。';

test('a paragraph in over one percent and over twenty of a source’s kept documents is boilerplate of that source', async () => {
  const random = new SeededRandom(21);
  const documents = Array.from({ length: 60 }, (_, index) => ({
    id: sha256Hex(`${index}`).slice(0, 32),
    text: [draw(random, 200), ...(index < 21 ? [signature] : []), ...(index < 20 ? [rare] : [])].join('\n'),
    tier: 0,
    source: 'mail',
  }));
  // The same lines in another source, too few times.
  documents.push(
    ...documents.slice(0, 5).map((own) => ({
      ...own,
      id: sha256Hex(own.id).slice(0, 32),
      source: 'logs',
      text: draw(random, 200) + own.text,
    })),
  );
  // Copies of one report do not make its text boilerplate.
  for (let copy = 0; copy < 40; copy += 1)
    documents.push({ ...documents[59]!, id: sha256Hex(`copy ${copy}`).slice(0, 32) });
  const { decisions } = await decide(documents, 3, 8);
  const fingerprint = documentFingerprint(documents[0]!.text);
  const [, line] = fingerprint.paragraphs;
  assert.deepEqual([...decisions.boilerplate.get('mail')!], [line!.digest]);
  assert.equal(decisions.boilerplate.get('logs')!.size, 0);
  const cut = cutParagraphs(documents[0]!.text, fingerprint.paragraphs, decisions.boilerplate.get('mail')!);
  assert.equal(cut, documents[0]!.text.replace(`${signature}\n`, ''));
});

test('cutting the last paragraph or all of them leaves what is between', () => {
  const text = `${signature}\n短い行\n${signature}`;
  const { paragraphs } = documentFingerprint(text);
  assert.equal(paragraphs.length, 2);
  assert.equal(cutParagraphs(text, paragraphs, new Set(paragraphs.map(({ digest }) => digest))), '短い行\n');
  assert.equal(cutParagraphs(text, paragraphs, new Set()), text);
});
