// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';
import { type SampleDocument, TextBuilder, writtenDate, writtenNumber } from './document.ts';

const shifts = ['昼勤', '夜勤', '甲直', '乙直', '丙直'];
const furnaces = ['BF1', 'BF2', 'BF3', '第一高炉', '第二高炉', '第三高炉'];
const defects = ['ヘゲ疵', '線状疵', 'スケール疵', '押込み疵', '耳割れ', '不めっき', 'チャタマーク', '板厚公差外れ'];
const places = ['仕上圧延', '粗圧延', '巻取り', '酸洗', '焼鈍', '調質圧延', '連続鋳造', 'デスケーリング'];
const parts = [
  '羽口',
  '浸漬ノズル',
  'ワークロール',
  '熱電対',
  '集塵ファン',
  '油圧ポンプ',
  'モールド銅板',
  'サイドガイド',
  '減速機',
  '軸受',
];

/** Values hang together: more moisture in the blast, colder hot metal a few hours later. */
function shiftLog(random: SeededRandom): SampleDocument {
  const text = new TextBuilder(random);
  const moisture = random.between(12, 38);
  const temperature = 1_532 - Math.round(moisture * 1.3) + random.between(-4, 4);
  const furnace = random.pick(furnaces);
  text.line(`${writtenDate(random)} ${random.pick(shifts)} ${furnace} 操業日誌`);
  text.add('記入：').person('name').line();
  const entries = [
    `送風湿分 ${writtenNumber(random, moisture)}g/Nm3、溶銑温度 ${writtenNumber(random, temperature)}℃。`,
    moisture > 28 ? '湿分高め。溶銑温度の低下に注意。' : '炉況は安定。特記なし。',
    `微粉炭比${writtenNumber(random, random.between(140, 190))}kg/t、コークス比${writtenNumber(random, random.between(330, 390))}kg/t。`,
    `出銑${random.between(6, 9)}回。出銑口深度は平年並み。`,
    random.pick([
      '荷下がり順調。',
      'スリップ1回あり、すぐ復帰した。',
      '棚吊り気味のため減風した。',
      '炉頂圧を少し下げて様子を見る。',
    ]),
    `塩基度${(1.18 + random.between(0, 12) / 100).toFixed(2)}、[Si] ${(0.3 + random.between(0, 30) / 100).toFixed(2)}%。`,
  ];
  for (const entry of random.shuffle(entries).slice(0, random.between(3, 6)))
    text.line(random.chance(0.4) ? `・${entry}` : entry);
  if (random.chance(0.5))
    text.line(
      random.pick([
        '次直へ：羽口監視を続けること。',
        '申し送り：樋の補修は明日の午前。',
        '次直は湯溜まりのレベルを確認のこと。',
        'ｽﾃｰﾌﾞ温度、引き続き監視。',
      ]),
    );
  return text.finish('shift-log');
}

function defectReport(random: SeededRandom): SampleDocument {
  const text = new TextBuilder(random);
  const defect = random.pick(defects);
  const place = random.pick(places);
  const coil = `C${random.between(100000, 999999)}`;
  text.line(`# 品質異常報告 ${defect}`).line();
  text
    .line(`発生日: ${writtenDate(random)}`)
    .line(`コイル番号: ${coil}`)
    .line(`工程: ${place}`);
  text.add('報告者: ').person('name').add(' (').person('phone').line(')').line();
  text.line('## 状況');
  text.line(
    `${place}を出た後の検査で${defect}が見つかった。長さは約${random.between(3, 80)}m、幅方向では${random.pick(['操作側', '駆動側', '中央'])}に集中していた。`,
  );
  text.line('## 原因');
  text.line(
    random.pick([
      `設定変更の直後から増えており、${random.pick(parts)}の摩耗が疑わしい。`,
      `前のロールの組替えから${random.between(2, 9)}本目で始まった。${random.pick(parts)}の当たりが強い。`,
      `加熱炉の抽出温度が低く、スケールの剥離が悪かったと考える。`,
    ]),
  );
  text
    .line('## 処置')
    .line(
      random.pick(['当該部を切り捨てた。', '手入れのうえ再検査し、合格とした。', '格落ちとし、別の用途へ回した。']),
    );
  return text.finish('defect-report', '.md');
}

function maintenanceNote(random: SeededRandom): SampleDocument {
  const text = new TextBuilder(random);
  const part = random.pick(parts);
  text.line(`保全メモ　${random.pick(places)}設備　${part}`);
  text.line(
    random.pick([
      `${writtenDate(random)}、${part}から異音あり。振動値${(1 + random.between(0, 60) / 10).toFixed(1)}mm/s。給脂して様子見とした。`,
      `${part}の温度が${random.between(58, 92)}℃まで上がったため、予備品に交換した。停止は${random.between(15, 140)}分。`,
      `点検で${part}に亀裂を確認。次の定期修理で取り替える。それまで毎直で目視。`,
    ]),
  );
  text.line(
    random.pick([
      '予備品の残りは1。手配済みです。',
      '図面は保全室の棚にあります。',
      '対策：月例点検の項目に加える。',
      '根本原因は調査中。',
    ]),
  );
  text.add('担当 ').person('name').line('');
  return text.finish('maintenance');
}

function telemetryTable(random: SeededRandom): SampleDocument {
  let drift = random.between(-6, 6);
  const rows = Array.from({ length: random.between(6, 12) }, (_, index) => {
    drift = Math.round(drift * 0.7 + random.normal() * 3);
    return `${String(index * 2).padStart(2, '0')}:00,${1_495 + drift},${random.between(1_150, 1_210)},${random.between(205, 240)}`;
  });
  return {
    kind: 'telemetry',
    extension: '.csv',
    text: `時刻,溶銑温度,送風温度,炉頂圧\n${rows.join('\n')}\n`,
    personal: [],
  };
}

export function steelDocument(random: SeededRandom): SampleDocument {
  return random.pick([shiftLog, shiftLog, defectReport, maintenanceNote, telemetryTable])(random);
}
