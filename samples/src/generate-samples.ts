// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SeededRandom } from '@kiban/core';
import { autoDocument } from './auto-documents.ts';
import { bankDocument } from './bank-documents.ts';
import { encodeCp932 } from './cp932.ts';
import type { SampleDocument } from './document.ts';
import { sectorFacts } from './facts.ts';
import { publicCorpus } from './public-corpus.ts';
import { questionMaterial } from './questions.ts';
import { type Fact, type Sector, sectors } from './sector.ts';
import { steelDocument } from './steel-documents.ts';

export interface SampleSizes {
  readonly documentsPerMember: number;
  readonly factsPerSector: number;
  /** Wordings of each question that are trained on, at most 11 of 12. */
  readonly wordingsPerFact: number;
  readonly publicDocuments: number;
  readonly publicChats: number;
}

export const defaultSampleSizes: SampleSizes = {
  documentsPerMember: 400,
  factsPerSector: 30,
  wordingsPerFact: 11,
  publicDocuments: 900,
  publicChats: 700,
};

export interface SampleManifest {
  readonly synthetic: true;
  readonly seed: string;
  readonly files: Readonly<Record<string, number>>;
  readonly questions: Readonly<Record<Sector, number>>;
}

const writers: Readonly<Record<Sector, (random: SeededRandom) => SampleDocument>> = {
  steel: steelDocument,
  auto: autoDocument,
  bank: bankDocument,
};

/**
 * Writes a synthetic three-sector corpus: `DIR/<sector>/documents`, `DIR/<sector>/questions` (chat format, training wordings),
 * `DIR/public`, and outside the data `DIR/held-out/<sector>.jsonl` and `DIR/labels/<sector>.jsonl`. The same seed gives the same bytes.
 */
export async function generateSamples(
  directory: string,
  seed: string,
  sizes: SampleSizes = defaultSampleSizes,
): Promise<SampleManifest> {
  const files: Record<string, number> = {};
  const questions: Record<string, number> = {};
  for (const sector of sectors) {
    const facts = sectorFacts(sector, seed, sizes.factsPerSector);
    files[sector] = await writeDocuments(directory, sector, facts, seed, sizes);
    const material = questionMaterial(sector, facts, seed, sizes.wordingsPerFact);
    await writeLines(join(directory, sector, 'questions'), 'qa.jsonl', material.training);
    await writeLines(join(directory, 'held-out'), `${sector}.jsonl`, material.heldOut);
    questions[sector] = material.heldOut.length;
  }
  const general = publicCorpus(seed, sizes.publicDocuments, sizes.publicChats);
  await writeLines(
    join(directory, 'public'),
    'general.jsonl',
    general.documents.map((text) => ({ text })),
  );
  await writeLines(join(directory, 'public'), 'chat.jsonl', general.chats);
  const manifest: SampleManifest = { synthetic: true, seed, files, questions: questions as Record<Sector, number> };
  await writeFile(join(directory, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(
    join(directory, 'README.md'),
    'すべて合成データです。実在の会社、人物、製品とは関係ありません。\nAll of this is synthetic: no real company, person or product.\n',
  );
  return manifest;
}

async function writeDocuments(
  directory: string,
  sector: Sector,
  facts: readonly Fact[],
  seed: string,
  sizes: SampleSizes,
): Promise<number> {
  const random = new SeededRandom(`${seed}/documents/${sector}`);
  const folder = join(directory, sector, 'documents');
  await mkdir(folder, { recursive: true });
  const labels: unknown[] = [];
  let previous: SampleDocument | undefined;
  let count = 0;
  const write = async (document: SampleDocument) => {
    count += 1;
    const name = `${document.kind}-${String(count).padStart(4, '0')}${document.extension}`;
    const legacy = document.extension !== '.html' && random.chance(0.12);
    await writeFile(join(folder, name), legacy ? encodeCp932(document.text) : document.text);
    for (const span of document.personal) labels.push({ file: name, ...span });
  };
  for (let index = 0; index < sizes.documentsPerMember; index += 1) {
    // Real folders hold copies, and copies with other readings.
    const document: SampleDocument = previous !== undefined && random.chance(0.04) ? previous : writers[sector](random);
    await write(document);
    previous = document;
  }
  for (const text of standardsOf(facts, random))
    await write({ kind: 'standard', extension: '.txt', text, personal: [] });
  await writeLines(join(directory, 'labels'), `${sector}.jsonl`, labels);
  return count;
}

/** The facts as prose, a few to a document: the company's own standards. */
function standardsOf(facts: readonly Fact[], random: SeededRandom): string[] {
  const phrases = [
    (fact: Fact) => `${fact.subject}の${fact.item}は${fact.answer}とする。`,
    (fact: Fact) => `${fact.subject}の${fact.item}は${fact.answer}です。`,
    (fact: Fact) => `${fact.subject}：${fact.item}　${fact.answer}`,
  ];
  return phrases.flatMap((phrase) => {
    const order = random.shuffle([...facts]);
    return Array.from({ length: Math.ceil(order.length / 6) }, (_, index) => {
      const lines = order.slice(index * 6, index * 6 + 6).map(phrase);
      return `社内基準（抜粋 ${index + 1}）\n${lines.join('\n')}\n改訂の際は掲示する。\n`;
    });
  });
}

async function writeLines(folder: string, name: string, values: readonly unknown[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}
