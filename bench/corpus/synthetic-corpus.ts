// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '@kiban/core';

const things = [
  '溶銑温度',
  '送風量',
  '締付トルク',
  '膜厚',
  '板厚',
  '稟議書',
  '点検記録',
  '炉頂圧',
  '鋳造速度',
  '巻取温度',
  '打点',
  '保全計画',
];
const deeds = [
  'を確認した',
  'が上昇した',
  'を調整した',
  'の傾向を監視する',
  'に異常はない',
  'を次直へ申し送る',
  'を記録に残す',
  'の再発を防ぐ',
];
const causes = [
  '送風湿分の変動により',
  '設定変更の後',
  '朝の立ち上げ時に',
  '定期修理の前に',
  '担当者の判断で',
  '手順書に従い',
  '昨日と同じく',
  '原因調査のため',
];

const fileBytes = 4_000_000;

/**
 * Fills a folder with `.jsonl` and `.txt` of seeded Japanese text (about 3 bytes a character, documents of 200 to 2,000 characters, one in a
 * hundred a duplicate). The same seed and size give the same files.
 */
export function writeSyntheticCorpus(folder: string, megabytes: number, seed = 'bench'): number {
  mkdirSync(folder, { recursive: true });
  const random = new SeededRandom(seed);
  const pick = (list: readonly string[]) => list[random.below(list.length)]!;
  const sentences = Array.from(
    { length: 4_000 },
    () =>
      `${pick(causes)}${pick(things)}${pick(deeds)}。${pick(things)}は${random.between(1, 1_999)}で、${pick(things)}${pick(deeds)}。`,
  );
  let total = 0;
  let number = 0;
  let last = '';
  for (let file = 0; total < megabytes * 1e6; file += 1) {
    const lines: string[] = [];
    const asText = file % 5 === 4;
    const wanted = Math.min(fileBytes, megabytes * 1e6 - total);
    for (let bytes = 0; bytes < wanted; ) {
      number += 1;
      const count = random.between(4, 40);
      const body = `記録${number}。${Array.from({ length: count }, () => pick(sentences)).join('')}`;
      const document = number % 100 === 0 && last !== '' ? last : body;
      last = document;
      const line = asText ? document : JSON.stringify({ text: document });
      lines.push(line);
      bytes += Buffer.byteLength(line) + 1;
    }
    const content = `${lines.join('\n')}\n`;
    writeFileSync(join(folder, `${String(file).padStart(6, '0')}.${asText ? 'txt' : 'jsonl'}`), content);
    total += Buffer.byteLength(content);
  }
  return total;
}
