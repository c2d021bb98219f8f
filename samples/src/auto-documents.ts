// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';
import { type SampleDocument, TextBuilder, writtenDate, writtenNumber } from './document.ts';

const symptoms = [
  '走行中の異音',
  '水漏れ',
  'ドアの建付け不良',
  '充電が始まらない',
  'エアコンの効きが悪い',
  '警告灯の点灯',
  '振動',
  '始動不良',
];
const components = [
  '前輪ハブ',
  'ワイパーモータ',
  'ハーネス',
  'カプラ',
  '駆動モータ',
  '電池モジュール',
  'ウェザーストリップ',
  'ブレーキパッド',
];
const processes = ['スポット溶接', '締付け', 'シーラー塗布', '電着塗装', 'プレス', '配線組付け', '完成検査'];
const modes = ['打点の抜け', '締付けトルク不足', '塗布切れ', 'ブツ', '割れ', 'カプラの半嵌合', '検査漏れ'];

function claim(random: SeededRandom): SampleDocument {
  const text = new TextBuilder(random);
  const component = random.pick(components);
  text.line(`市場クレーム受付票　${writtenDate(random)}`);
  text.add('お客様：').person('name').add('様　電話 ').person('phone').line();
  text.line(`症状：${random.pick(symptoms)}。走行距離${writtenNumber(random, random.between(800, 98_000))}km。`);
  text.line(
    random.pick([
      `販売店で再現試験を行い、${component}付近で症状を確認しました。`,
      `現品を確認したところ、${component}に変色がありました。`,
      `再現しなかったが、${component}を予防的に交換した。`,
      `診断機でDTCを読み出し、${component}の回路を点検。接触不良と判断。`,
    ]),
  );
  text.line(
    random.pick([
      'お客様には代車を手配しました。',
      '現品は技術部へ送付済み。',
      '同じ症状が今月で3件目。',
      '回答期限は一週間後です。',
    ]),
  );
  return text.finish('claim');
}

function fmea(random: SeededRandom): SampleDocument {
  const rows = Array.from({ length: random.between(3, 6) }, () => {
    const severity = random.between(3, 9);
    const occurrence = random.between(1, 6);
    const detection = random.between(2, 7);
    return `${random.pick(processes)},${random.pick(modes)},${random.pick(components)}の機能低下,${severity},${occurrence},${detection},${severity * occurrence * detection}`;
  });
  return {
    kind: 'fmea',
    extension: '.csv',
    text: `工程,故障モード,影響,重大度,発生度,検出度,RPN\n${rows.join('\n')}\n`,
    personal: [],
  };
}

function eightD(random: SeededRandom): SampleDocument {
  const text = new TextBuilder(random);
  const process = random.pick(processes);
  const mode = random.pick(modes);
  text.line(`# 8Dレポート ${process}における${mode}`).line();
  text.add('D1 チーム: リーダー ').person('name').line('、品質保証、製造、保全');
  text.line(`D2 問題: ${writtenDate(random)}、後工程で${mode}を${random.between(1, 24)}件検出。`);
  text.line(
    `D3 暫定対策: ${random.pick(['全数検査に切り替えた。', '対象ロットを隔離した。', '作業者を二名にして相互確認とした。'])}`,
  );
  text.line(
    `D4 真因: なぜなぜ分析の結果、${random.pick(['段取り替え後の初品確認が抜けていた。', '治具の摩耗で位置がずれていた。', '標準作業書の写真が古かった。'])}`,
  );
  text.line(
    `D5 恒久対策: ${random.pick(['ポカヨケを追加する。', '治具の点検を管理計画書に入れる。', '作業標準書を改訂し、教育した。'])}`,
  );
  if (random.chance(0.7))
    text.line(`D6 効果: ${random.between(2, 8)}週間、再発なし。`).line('D7 水平展開: 類似の工程を確認した。');
  return text.finish('8d', '.md');
}

function changeNotice(random: SeededRandom): SampleDocument {
  const rows = [
    ['変化点', random.pick(['作業者の交代', '設備の移設', '材料ロットの切替', '金型の修理', 'ソフトウェアの更新'])],
    ['工程', random.pick(processes)],
    ['日付', writtenDate(random)],
    ['確認', random.pick(['初品三点を測定し、規格内。', 'Cpk 1.45を確認した。', '限度見本と照合済み。'])],
  ];
  const body = rows.map(([key, value]) => `<tr><th>${key}</th><td>${value}</td></tr>`).join('\n');
  return {
    kind: 'change',
    extension: '.html',
    text: `<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>変化点連絡</title></head><body><h1>変化点連絡書</h1><table>\n${body}\n</table><p>関係者は掲示を確認してください。</p></body></html>\n`,
    personal: [],
  };
}

export function autoDocument(random: SeededRandom): SampleDocument {
  return random.pick([claim, claim, fmea, eightD, changeNotice])(random);
}
