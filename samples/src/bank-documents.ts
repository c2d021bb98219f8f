// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';
import { type SampleDocument, TextBuilder, writtenDate, writtenNumber } from './document.ts';

const companies = [
  '株式会社霧ヶ浦製作所',
  '㈱朝凪運輸',
  '有限会社花房食品',
  '合同会社星見台設計',
  '株式会社汐路水産',
  '㈱石榴堂書店',
];
const purposes = ['運転資金', '設備資金', '季節資金', '借換資金', '賞与資金'];
const securities = ['保証協会', '根抵当権', '代表者保証', '無担保', '預金担保'];

function kycMemo(random: SeededRandom): SampleDocument {
  const text = new TextBuilder(random);
  text.line(`取引時確認メモ　${writtenDate(random)}`);
  text.add('氏名 ').person('name').line();
  text.add('住所 ').person('address').line();
  if (random.chance(0.5)) text.add('個人番号 ').person('my-number').line(' (控えは施錠保管)');
  text.line(`取引の目的：${random.pick(['給与受取', '事業費の決済', '貯蓄', '不動産の購入', '海外送金'])}`);
  text.line(
    random.pick([
      '本人確認書類の原本を目視で確認し、写しを保管した。',
      '実質的支配者を申告書により確認。名簿との照合も一致なし。',
      '反社会的勢力の照会は該当なし。顧客リスク格付は低とする。',
      '外国PEPsに当たる可能性があり、上席の承認を得てから開設する。',
    ]),
  );
  return text.finish('kyc');
}

function loanProposal(random: SeededRandom): SampleDocument {
  const text = new TextBuilder(random);
  const sales = random.between(80, 2_400);
  const profit = Math.round(sales * (random.between(-2, 9) / 100));
  const amount = random.between(5, 300);
  text.line('# 稟議書').line();
  text.line(`申込人: ${random.pick(companies)}`);
  text.line(
    `金額: ${writtenNumber(random, amount * 100)}万円　資金使途: ${random.pick(purposes)}　期間: ${random.between(1, 10)}年`,
  );
  text
    .line(
      `保全: ${random.pick(securities)}　返済原資: ${random.pick(['営業利益と減価償却費', '売掛金の回収', '賃料収入'])}`,
    )
    .line();
  text.line(
    `前期の売上は${writtenNumber(random, sales)}百万円、経常利益は${profit}百万円。${profit < 0 ? '赤字のため、経営改善計画の進み具合を月次で確かめる。' : `債務償還年数は${(amount / Math.max(1, profit)).toFixed(1)}年で、無理はない。`}`,
  );
  text.line(
    random.pick([
      '所見: 取引歴が長く、取り上げたい。',
      '所見: 主力先の受注が減っており、慎重に見る。',
      '所見: 保証協会の利用を条件に可とする。',
    ]),
  );
  text.add('起案 ').person('name').line('');
  return text.finish('ringi', '.md');
}

function interview(random: SeededRandom): SampleDocument {
  const text = new TextBuilder(random);
  text.line(`応接記録　${writtenDate(random)}　${random.pick(['来店', '訪問', '電話'])}`);
  text
    .line(`先方：${random.pick(companies)}`)
    .add('担当：')
    .person('name')
    .line();
  const sentences = [
    '原材料の値上がりで利益率が下がっているとのこと。',
    `新しい機械を入れたい意向。見積は約${writtenNumber(random, random.between(400, 9_800))}万円。`,
    '後継者が来春から入社される予定です。',
    '他行から低い金利の提案が来ていると言われた。',
    '投資信託については、重要事項を説明し、理解を得た。',
    '条件変更の相談。返済額の軽減を希望。',
    '当面の資金繰りに問題はない様子だった。',
  ];
  for (const sentence of random.shuffle(sentences).slice(0, random.between(2, 4))) text.line(sentence);
  text.line(random.pick(['次回は決算書を受け取る。', '来月、再訪する。', '本部に照会のうえ回答する約束。']));
  return text.finish('interview');
}

function alertTable(random: SeededRandom): SampleDocument {
  const rows = Array.from({ length: random.between(4, 8) }, () => {
    const score = random.between(20, 99);
    return `${random.between(100_000, 999_999)},${random.pick(['分散入金', '急な出金', '名義相違', '高頻度送金'])},${score},${score > 80 ? '届出を検討' : score > 50 ? '継続監視' : '誤検知'}`;
  });
  return { kind: 'alerts', extension: '.csv', text: `取引番号,シナリオ,点数,判断\n${rows.join('\n')}\n`, personal: [] };
}

export function bankDocument(random: SeededRandom): SampleDocument {
  return random.pick([kycMemo, loanProposal, interview, interview, alertTable])(random);
}
