// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { organisationIdSchema } from '@kiban/core';
import { sharedPart } from '@kiban/protocol';
import { croissantJsonLd } from '../src/data-card/croissant.ts';
import { dataCardOf } from '../src/data-card/data-card.ts';
import { prepareDataSet } from '../src/preparing/prepare-data-set.ts';
import { trainTokenizer } from '../src/tokenizer/tokenizer-json.ts';

// The reference implementation of Croissant, by its makers: pip install mlcroissant.
const python = process.env.KIBAN_PYTHON ?? 'python3';
const found = spawnSync(python, ['-c', 'import mlcroissant'], { encoding: 'utf8' });
const reason = found.status === 0 ? false : `${python} with mlcroissant is not here`;
if (reason !== false && process.env.KIBAN_REQUIRE_PYTHON !== undefined) throw new Error(reason);

interface Verdict {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly version: string;
  readonly files: number;
  readonly recordSets: number;
  readonly biases: readonly string[] | null;
}

function validate(document: object): Verdict | string {
  const script = fileURLToPath(new URL('validate_croissant.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script], { input: JSON.stringify(document), encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as Verdict) : stderr;
}

test('the card of a prepared folder is a Croissant 1.1 document without a fault to mlcroissant', {
  skip: reason,
}, async () => {
  const work = await mkdtemp(join(tmpdir(), 'kiban-croissant-'));
  try {
    const folder = join(work, 'in');
    await mkdir(folder);
    await writeFile(join(folder, 'a.txt'), '第三高炉の溶銑温度は1,480℃である。');
    await writeFile(join(folder, 'b.jsonl'), '{"text":"締付トルクを確認した。"}\n');
    await writeFile(join(folder, 'c.bin'), Buffer.alloc(64));
    const { tokenizer } = await trainTokenizer(['溶銑温度が低下した。'.repeat(9)], { vocabularySize: 384 });
    const report = await prepareDataSet({
      folder,
      source: 'logs',
      tokenizer,
      sequenceLength: 32,
      heldOutPerMille: 0,
      storeDirectory: join(work, 'store'),
      outputDirectory: join(work, 'out'),
    });
    const organisation = organisationIdSchema.parse('steel');
    const terms = {
      organisation,
      dataSet: 'logs',
      dataClass: 'confidential',
      basis: 'own records',
      purpose: 'shared base',
    } as const;
    const card = dataCardOf(terms, report, Date.now());
    for (const [one, files] of [
      [card, 4],
      [sharedPart(card, 'summary'), 1],
    ] as const) {
      const verdict = validate(croissantJsonLd(one)) as Verdict;
      assert.equal(typeof verdict, 'object', String(verdict));
      assert.deepEqual([verdict.errors, verdict.warnings], [[], []]);
      assert.match(verdict.version, /1_1$/);
      assert.equal(verdict.files, files);
      assert.equal(verdict.biases?.length, 1);
    }
    const { '@type': _type, ...without } = croissantJsonLd(card);
    assert.match(String(validate(without)), /Dataset/);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
});
