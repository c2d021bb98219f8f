// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';
import { randomDigits } from './synthetic-values.ts';

interface DecoyText {
  readonly text: string;
  /** How many numbers of things it holds. */
  readonly numbers: number;
}

type Maker = (random: SeededRandom) => string;

const jan: Maker = (random) => {
  const body = `4${random.pick([5, 9])}${randomDigits(random, 10)}`;
  let sum = 0;
  for (let index = 0; index < 12; index += 1) sum += Number(body[index]) * (index % 2 === 0 ? 1 : 3);
  return `${body}${(10 - (sum % 10)) % 10}`;
};
const digits =
  (length: number): Maker =>
  (random) =>
    `${random.between(1, 9)}${randomDigits(random, length - 1)}`;
const groups =
  (...lengths: readonly number[]): Maker =>
  (random) =>
    lengths.map((length) => randomDigits(random, length)).join('-');

/** Sentence and number: of lots, coils, heats, articles, parts, waybills, and readings that look like telephone numbers. */
const makers: readonly (readonly [string, Maker])[] = [
  ['ロット {v} を出荷保留とした。', digits(12)],
  ['製造ロット番号：{v}', groups(4, 4, 4)],
  ['コイル番号 {v} に線状疵あり', digits(11)],
  ['コイルNo.{v} 巻取り温度 620℃', groups(6, 4)],
  ['鋼番 {v} の成分外れ、再溶解', digits(10)],
  ['チャージ {v} 出鋼', digits(7)],
  ['ヒート番号 {v}、[Si] 0.42 %', digits(8)],
  ['JAN {v} の棚卸差異', jan],
  ['JANコード：{v} 入数 24', jan],
  ['品番 {v} を 20 個手配', groups(5, 5)],
  ['部品番号 {v} 在庫なし', groups(4, 6, 1)],
  ['図番 {v} Rev.3', groups(3, 4)],
  ['伝票番号 {v} を取消', digits(10)],
  ['注番 {v} の納期回答待ち', digits(11)],
  ['送り状の追跡番号は {v} です', groups(4, 4, 4)],
  ['シリアル {v} のインバータを交換', digits(16)],
  ['S/N {v} 校正期限切れ', groups(4, 4, 4, 4)],
  ['スラブ {v} 加熱炉装入', digits(13)],
  ['管理番号 {v} の測定器', groups(2, 4, 4)],
  ['発注番号 {v} を起票', digits(12)],
  ['DTC P{v} を記録', digits(4)],
  ['製番 {v} 試運転完了', groups(3, 3, 4)],
  ['累積カウンタ {v} 回', digits(10)],
  ['バッチ処理 {v} 件を完了', digits(8)],
  ['圧延荷重 {v} kN', digits(4)],
  ['測定値 0.{v} mm', digits(10)],
  ['タイムスタンプ {v} に停止', (random) => `17${randomDigits(random, 8)}`],
  ['生産実績 {v} トン、前月比 102 %', digits(7)],
  ['ワークID {v} 溶接 NG', digits(14)],
  ['設備番号 {v} 点検済み', groups(4, 6)],
  ['{v}, OK, BF3', (random) => `2026-${randomDigits(random, 2)}-${randomDigits(random, 2)}`],
  ['トレース {v} を送信', digits(15)],
];

/** The same numbers with nothing beside them that says what they are: a bare number is nobody's. */
const silent: readonly (readonly [string, Maker])[] = [
  ['出力 {v} を確認', digits(12)],
  ['{v}', digits(13)],
  ['記録：{v}', digits(11)],
  ['{v} を読み込み', digits(10)],
  ['値 {v}', digits(16)],
  ['{v}\t{v}\t{v}', digits(8)],
];

/** Numbers of things in their sentences, drawn from a seed. */
export function* decoyTexts(seed: string, count: number): Generator<DecoyText> {
  const random = new SeededRandom(seed);
  for (let made = 0; made < count; ) {
    const [sentence, make] = random.pick(random.chance(0.85) ? makers : silent);
    let numbers = 0;
    const text = sentence.replaceAll('{v}', () => {
      numbers += 1;
      return make(random);
    });
    made += numbers;
    yield { text, numbers };
  }
}
