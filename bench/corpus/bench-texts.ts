// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';

const shiftLog = [
  '2026-04-{d} 0{n}:30 第{n}高炉 溶銑温度 1,4{d}℃、送風量 6,2{d} Nm3/min、微粉炭比 1{d} kg/t',
  '出銑{n}回、スラグ比 2{d} kg/t。炉況は安定、荷下がり良好。通気抵抗やや上昇のため送風湿分を {d} g/Nm3 へ。',
  'コイル番号 2404{d}-0{d}{n} の表面に線状疵あり。検査員が手入れを実施し、再検査で合格。',
  '0{n}:15:22,BF{n},14{d},0.{d},1.{d},215.{n},OK',
  '羽口からの水漏れを確認、休風して交換。データーは別紙のとおり（記録：乙直）。',
  '設備課より連絡。巻取り温度 6{d}℃、ロール偏芯の疑い。次直へ引継ぎ。',
];
const paper = [
  '本規程は、取引時確認の手続について定めるものであり、関係部署はこれを遵守しなければならない。',
  '継続的顧客管理においては、顧客リスク格付に応じて確認の頻度を定め、疑わしい取引の届出の要否を判断する。',
  '市場クレームの真因はシール材の塗布量のばらつきにあり、恒久対策として塗布条件の監視を追加した（第{n}報、全{d}件）。',
  '東日本の各工場では、標準作業の見直しと段取り替えの短縮により、前年比 {n}.{n}％の改善を達成した。',
  '「変化点管理」の教育資料は、４Ｍ変更の考え方・初期流動の注意点・ＦＭＥＡとの関係を①〜③の章で説明している。',
  'DTC P0{d}{n} が記録された場合は、フリーズフレームデータを保存し、ハーネスの導通を確認すること。',
];
const form = [
  '担当：佐藤健太　TEL 090-12{d}-56{d}（夜間）',
  '送付先住所　兵庫県神戸市灘区岩屋南町{n}-{d}-{n}　コーポみなと{n}0{n}号室',
  'メール：desk{d}@example.co.jp、FAX：078-2{d}-12{d}',
  '生年月日：昭和{d}年{n}月1{n}日　氏名：高橋　美咲　様',
  '振込先　きりの銀行 港支店 普通 12{d}5{d}、登録番号 T7000012050002',
  '車両番号 神戸 330 あ 12-{d}、免許証番号 3090123456{d}',
];

/** About `bytes` bytes of UTF-8 of one kind, or of all three, with other numbers in every line. */
export function benchText(kind: 'shift log' | 'paper' | 'form' | 'mixed', bytes: number): string {
  const random = new SeededRandom(`bench/${kind}`);
  // One line in twenty of mixed text is of a form.
  const lines = { 'shift log': shiftLog, paper, form, mixed: [...shiftLog, ...paper] }[kind];
  const parts: string[] = [];
  for (let size = 0; size < bytes; ) {
    const line = random
      .pick(kind === 'mixed' && random.chance(0.05) ? form : lines)
      .replaceAll('{d}', () => String(random.between(10, 63)))
      .replaceAll('{n}', () => String(random.between(1, 9)));
    parts.push(line);
    size += Buffer.byteLength(line) + 1;
  }
  return `${parts.join('\n')}\n`;
}
