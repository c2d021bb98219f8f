// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { decodeEntries } from '../packing/document-index.ts';
import { shardIndexSchema } from '../packing/shard-index.ts';
import { specialIds } from '../tokenizer/special-tokens.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { trainTokenizer } from '../tokenizer/tokenizer-json.ts';
import { type Preparation, writePreparation } from './preparation.ts';
import { prepareDataSet } from './prepare-data-set.ts';
import { SegmentStore } from './segment-store.ts';

const made: string[] = [];
let tokenizer: Tokenizer;
before(async () => {
  tokenizer = (await trainTokenizer(['溶銑温度が低下したため送風を増やした。'.repeat(9)], { vocabularySize: 384 }))
    .tokenizer;
});
after(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

class Corpus {
  readonly root: string;
  constructor(root: string) {
    this.root = root;
  }

  static async of(files: Readonly<Record<string, string>>, preparation: Preparation = {}): Promise<Corpus> {
    const root = await mkdtemp(join(tmpdir(), 'kiban-stages-'));
    made.push(root);
    const corpus = new Corpus(root);
    await mkdir(join(root, 'in'));
    for (const [name, content] of Object.entries(files)) await corpus.write(name, content);
    await writePreparation(join(root, 'store'), preparation);
    return corpus;
  }

  write(name: string, content: string): Promise<void> {
    return writeFile(join(this.root, 'in', name), content);
  }

  prepare(heldOutPerMille = 0) {
    return prepareDataSet({
      folder: join(this.root, 'in'),
      source: 'test',
      tokenizer,
      sequenceLength: 64,
      heldOutPerMille,
      storeDirectory: join(this.root, 'store'),
      outputDirectory: join(this.root, 'out'),
      workerCount: 0,
    });
  }

  /** Text of a shard; rows overlap by one id. */
  async text(name: 'training' | 'heldout'): Promise<string> {
    const { rows, index } = await this.rows(name);
    const ids = rows.flatMap((row, at) => (at === 0 ? row : row.slice(1)));
    assert.equal(rows.length, index.count);
    return tokenizer.decode(ids.filter((id) => id !== specialIds.padding));
  }

  async rows(name: 'training' | 'heldout') {
    const out = join(this.root, 'out');
    const index = shardIndexSchema.parse(JSON.parse(await readFile(join(out, `${name}.idx.json`), 'utf8')));
    const bytes = await readFile(join(out, `${name}.bin`));
    const width = index.sequenceLength + 1;
    const rows = Array.from({ length: index.count }, (_, row) =>
      Array.from({ length: width }, (_, column) => bytes.readUInt16LE((row * width + column) * index.tokenBytes)),
    );
    return { index, rows, documents: [...decodeEntries(await readFile(join(out, `${name}.docs.bin`)))] };
  }
}

const clauses =
  '高炉の通気が悪化した 送風量を増やした 羽口を点検した 溶銑温度を測定した 出銑口を補修した 冷却水の流量を確認した 装入物の粒度が下がった 微粉炭の吹込みを減らした 炉頂圧を調整した 熱風炉を切り替えた ガス利用率が回復した 品質に影響はなかった 担当班へ申し送りを行った 翌直で再度確認することにした 荷下がりが乱れた 計器の指示値を校正した'.split(
    ' ',
  );

/** Prose that no other seed gives. */
function report(seed: number, sentences = 60): string {
  const random = new SeededRandom(seed);
  return Array.from(
    { length: sentences },
    () =>
      `${clauses[random.below(clauses.length)]}ため、${random.below(900)}号の${clauses[random.below(clauses.length)]}。`,
  ).join('');
}

test('personal data is masked or drops its document, copies stay copies, and the report counts without values', async () => {
  const corpus = await Corpus.of({
    'a.txt': '点検の連絡先は携帯 090-1234-5678 です。担当: 髙橋 健太 様に報告した。設備の状態は良好。',
    'b.txt': '点検の連絡先は携帯 090-1234-5678 です。担当: 髙橋 健太 様に報告した。設備の状態は良好。',
    'c.txt': '申請者のマイナンバー 9832-0567-3214 を控えた。設備の点検は明日行う予定である。',
    'd.txt': 'コイル番号 983205673214 の表面を検査した。欠陥はなかったので出荷した。',
  });
  const prepared = await corpus.prepare();
  const text = await corpus.text('training');
  assert.ok(!text.includes('090-1234') && !text.includes('髙橋') && !text.includes('マイナンバー'), text);
  assert.ok(text.includes('983205673214'), 'a coil number is no personal number');
  assert.equal(prepared.dropped['personal-data'], 1);
  assert.equal(prepared.duplicates, 1);
  assert.equal(prepared.documents, 2);
  assert.deepEqual(prepared.personalData, {
    'mobile-number/mask': 2,
    'person-name/surrogate': 2,
    'individual-number/drop': 1,
  });
  const everything = JSON.stringify(prepared);
  for (const value of ['5678', '3214', '髙橋', '健太']) assert.ok(!everything.includes(value), value);
});

test('prose that misses the quality profile is counted by rule, with samples for the local engineer alone', async () => {
  const repeated = '同じ文が続く。'.repeat(400);
  const corpus = await Corpus.of({ 'a.txt': report(1), 'b.txt': repeated });
  const prepared = await corpus.prepare();
  assert.equal(prepared.dropped.quality, 1);
  assert.ok(Object.keys(prepared.qualityRules).length > 0);
  assert.ok(!JSON.stringify(prepared).includes('同じ文'));
  const samples = await new SegmentStore(join(corpus.root, 'store')).rejections(3);
  assert.ok([...samples.values()].flat().some(({ text }) => text.open().startsWith('同じ文が続く。')));
});

test('of near copies one is kept, records that differ in a reading are all kept, and boilerplate is cut', async () => {
  const base = report(2);
  const notice = '本書は社外秘であり、関係者以外への開示を固く禁じます。取扱いに注意すること。';
  const files: Record<string, string> = { 'near-1.txt': base, 'near-2.txt': base.replace('高炉', '第三高炉') };
  for (let file = 0; file < 30; file += 1) files[`notice-${file}.txt`] = `${report(100 + file)}\n${notice}\n`;
  files['log.jsonl'] = ['1480', '1490']
    .map((value) => JSON.stringify({ text: `溶銑温度の測定値は${value}度であった、異常なし` }))
    .join('\n');
  const corpus = await Corpus.of(files);
  const prepared = await corpus.prepare();
  assert.deepEqual([prepared.nearDuplicates, prepared.duplicates, prepared.documents], [1, 0, 33]);
  assert.equal(prepared.boilerplateParagraphs, 30);
  const text = await corpus.text('training');
  assert.ok(!text.includes('社外秘'));
  assert.ok(text.includes('1480度') && text.includes('1490度'));
});

test('what was held out once is never trained on: not with a smaller share, and not as a near copy', async () => {
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, file) => [`${file}.txt`, report(1_000 + file, 60)]));
  const corpus = await Corpus.of(files);
  await corpus.prepare(200);
  const before = (await corpus.rows('heldout')).documents.map(({ digest }) => digest);
  assert.ok(before.length >= 3 && before.length < 20, `${before.length} held out`);
  // A longer near copy of every file would be kept in its place.
  for (const [name, content] of Object.entries(files)) await corpus.write(`copy-${name}`, `${content}以上を確認した。`);
  await corpus.prepare(1);
  const after = await corpus.rows('heldout');
  const training = await corpus.rows('training');
  assert.equal(after.documents.length, before.length);
  assert.equal(training.documents.length, 40 - before.length);
  const heldOutText = await corpus.text('heldout');
  const trainingText = await corpus.text('training');
  for (const content of Object.values(files)) {
    const beginning = content.slice(0, 80);
    assert.notEqual(heldOutText.includes(beginning), trainingText.includes(beginning));
  }
});

test('the document index names each document once, at its first id', async () => {
  const corpus = await Corpus.of({
    'a.txt': report(3),
    'b.txt': report(4),
    'c.jsonl': '{"messages":[{"role":"user","content":"炉の温度は？"},{"role":"assistant","content":"1480度です"}]}',
  });
  await corpus.prepare();
  const { rows, documents, index } = await corpus.rows('training');
  assert.equal(documents.length, index.documents);
  assert.equal(new Set(documents.map(({ digest }) => digest)).size, 3);
  for (const { row, column } of documents) assert.equal(rows[row]![column], specialIds.begin);
});

test('fingerprints that are cut, gone or not those of the documents are made anew, and the shards are the same', async () => {
  const corpus = await Corpus.of({ 'a.txt': report(5), 'b.txt': report(5), 'c.txt': report(6) });
  const { shards } = await corpus.prepare();
  const store = join(corpus.root, 'store');
  const folder = async () => join(store, (await readdir(store)).find((name) => name.endsWith('.fp'))!);
  const damages = [
    async () => truncate(join(await folder(), 'records.bin'), 100),
    async () => rm(join(await folder(), 'commits.bin')),
    // As if nothing had been appended: whole, and of no document.
    async () =>
      Promise.all(
        ['records.bin', 'paragraphs.bin', 'commits.bin'].map(async (name) => truncate(join(await folder(), name), 0)),
      ),
    async () => rm(await folder(), { recursive: true }),
  ];
  for (const damage of damages) {
    await damage();
    assert.deepEqual((await corpus.prepare()).shards, shards);
  }
});

test('a company policy and another kind make other documents of the same folder', async () => {
  const policy = `version: 1
patterns:
  - class: employee-number
    label: { ja: 社員番号, en: employee number }
    pattern: 'E-[0-9]{6}'
    action: mask
`;
  const corpus = await Corpus.of(
    { 'a.txt': '起票者の社員番号は E-123456 であり、設備は良好である。' },
    { kind: 'record', personalDataPolicy: policy },
  );
  const prepared = await corpus.prepare();
  const text = await corpus.text('training');
  assert.ok(text.includes('〔社員番号〕') && !text.includes('123456'), text);
  assert.equal(prepared.profile, 'kiban-raw-1');
  await assert.rejects(writePreparation(join(corpus.root, 'store'), { personalDataPolicy: 'version: 2' }), {
    code: 'config-invalid',
  });
});
