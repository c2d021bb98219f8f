// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';

/** Lines of logs and papers that hold nobody: names of firms and places that are also family names, blocks that are parts of a yard. */
const lines: readonly string[] = [
  '{d} {t} 第{n}高炉 溶銑温度 {m}℃、送風湿分を 12 から 15 g/Nm3 へ',
  '{d} {t} {n}号連鋳 鋳造速度 1.{n} m/min、湯面変動 ±{n} mm',
  '乙直より引継ぎ。羽口 {n} 本交換、通気抵抗は安定。',
  '神戸工場から出荷した福島向けの製品に錆。輸送中の結露と推定。',
  '本田の新型車向け、川崎ラインで量産試作を開始する。',
  '千葉、水戸、宇都宮の各倉庫で棚卸を実施した。',
  '日立製の制御盤、松下のブレーカを更新。豊田式の改善活動に倣う。',
  '原因は森林火災による送電停止。関係部署へ周知した。',
  '北区{n}-{n}号炉の間で荷下がりを確認。港区域の積出しは中止。',
  '第{n}工区{n}-{n}の舗装を補修。市場価格は横ばい。',
  '担当部署は設備課、承認は製造部長とする。',
  '検査課 担当：設備管理室',
  'お客様各位 仕様変更のお知らせ、ご担当者様はご一読ください。',
  '皆様のご協力をお願いします。神様や奥様の話ではない。',
  'CAN id 0x{n}A0 dlc 8, {m} ms, DTC P0301 U0100',
  '締付トルク {m} N·m、角度 {n}°、判定 OK',
  '2026年{n}月期の売上高は {m} 億円、営業利益率 4.{n} %。',
  '規程第{n}条第2項に基づき、取引時確認の記録を7年間保存する。',
  '口座の開設件数は {m} 件、解約は {n} 件。普通預金の金利は据置き。',
  '電話会議は{t}開始。FAX の使用は廃止した。',
  '免許更新の案内を掲示。マイナンバーの収集は人事課に限る。',
  'サーバ 192.168.{n}.{n} と 10.0.{n}.1 の間で遅延、ver 2.{n}.{n}.1 に更新',
  '基地局 {m} の電波干渉、チルト角を {n} 度下げる。',
  '東京都の条例と大阪府の要綱を比較した。横浜市や堺市の例も参照。',
  '住所変更の届出様式を改訂した。郵便番号欄は 7 桁。',
  '山口県と石川県の拠点を統合する計画。長野経由の便は廃止。',
  '氏名欄は空欄のまま提出のこと。生年月日の記入は不要。',
  'ステーブ温度 {m}, {m}, {m} / {n} 段目',
  '{t}\t{m}\t{n}.{n}\tOK',
  '高橋脚の点検、小林業者の登録、西田んぼの測量は次年度。',
  '中島地区の平野部で地盤沈下。大野原の測点は良好。',
  '富士山麓の試験場、日光の保養所は閉鎖。',
];

export function cleanLine(random: SeededRandom): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return random
    .pick(lines)
    .replaceAll('{d}', () => `2026-${two(random.between(1, 12))}-${two(random.between(1, 28))}`)
    .replaceAll('{t}', () => `${two(random.below(24))}:${two(random.below(60))}`)
    .replaceAll('{m}', () => String(random.between(100, 1600)))
    .replaceAll('{n}', () => String(random.between(1, 9)));
}
