// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { detect } from './detect.ts';

const hits = (text: string) =>
  detect(text)
    .filter(({ suspect }) => !suspect)
    .map(({ class: name, start, end }) => `${name}=${text.slice(start, end)}`);
const suspects = (text: string) =>
  detect(text)
    .filter(({ suspect }) => suspect)
    .map(({ class: name }) => name);

test('an individual number beside its word is found however it is typed', () => {
  for (const typed of [
    '９８３２０５６７３２１４',
    '983205673214',
    '9832-0567-3214',
    '9832 0567 3214',
    '九八三二〇五六七三二一四',
    '九八三二　〇五六七　三二一四',
    '9832‐0567ー3214',
    '98320567\n3214',
    '9832-\n  0567-3214',
  ])
    assert.deepEqual(hits(`マイナンバーは${typed}です`), [`individual-number=${typed}`]);
});

test('a bare number with a right check digit is nobody’s, with hyphens it is', () => {
  for (const bare of ['983205673214', '309012345620', '4111111111111111', '7000012050002', '33120015'])
    assert.deepEqual(detect(bare), []);
  assert.deepEqual(hits('9832-0567-3214'), ['individual-number=9832-0567-3214']);
});

test('the label of another number speaks against one in groups', () => {
  assert.deepEqual(hits('検収番号 9832-0567-3214'), []);
  assert.deepEqual(hits('個人番号 9832-0567-3214'), ['individual-number=9832-0567-3214']);
  assert.deepEqual(hits('マイナンバー(個人番号):9832-0567-3214'), ['individual-number=9832-0567-3214']);
});

test('a word with a failed check digit is a suspect', () => {
  assert.deepEqual(hits('個人番号 983205673215'), []);
  assert.deepEqual(suspects('個人番号 983205673215'), ['individual-number']);
});

test('a licence number that breaks the convention is still one beside its word', () => {
  assert.deepEqual(hits('免許証番号 309212345610'), ['driving-licence-number=309212345610']);
});

test('telephone numbers with any dash and with brackets', () => {
  for (const typed of [
    '０９０－１２３４－５６７８',
    '090ー1234ー5678',
    '090‐1234‐5678',
    '060-1234-5678',
    '+81-90-1234-5678',
  ])
    assert.deepEqual(hits(`至急 ${typed} まで`), [`mobile-number=${typed}`]);
  for (const typed of ['03(1234)5678', '(03)1234-5678', '0123-45-6789', '０４５－１２３－４５６７'])
    assert.deepEqual(hits(`至急 ${typed} まで`), [`landline-number=${typed}`]);
  assert.deepEqual(hits('0120-123-456'), ['service-number=0120-123-456']);
});

test('what the numbering plan does not know is no telephone number', () => {
  for (const text of [
    '090-0123-4567',
    '0100-12-3456',
    '012-3456-789',
    '0.03-1234-5678',
    '品番 03-1234-5678',
    '080-1234-56789',
  ])
    assert.deepEqual(hits(text), [], text);
});

test('the nearest word in front says what a number is', () => {
  assert.deepEqual(hits('電話で照会のあったロット 0312345678'), []);
  assert.deepEqual(hits('ロット照会の電話 0312345678'), ['landline-number=0312345678']);
  assert.deepEqual(hits('免許証 309012345620 マイナンバー 983205673214'), [
    'driving-licence-number=309012345620',
    'individual-number=983205673214',
  ]);
});

test('columns and rows of a table say what a cell holds', () => {
  assert.deepEqual(hits('氏名\t個人番号\t部署\n鵜飼 健\t983205673214\t設備課'), [
    'person-name=鵜飼 健',
    'individual-number=983205673214',
  ]);
  assert.deepEqual(hits('品目,ロット,数量\n鋼板,983205673214,3'), []);
  assert.deepEqual(hits('電話\t0312345678\n備考\t0312345678'), ['landline-number=0312345678']);
  assert.deepEqual(hits('|個人番号|備考|\n|98320567|夜勤|\n|3214|夜勤|'), []);
});

test('line ends of Windows change nothing', () => {
  assert.deepEqual(hits('マイナンバー：\r\n983205673214\r\n'), ['individual-number=983205673214']);
  assert.deepEqual(hits('氏名\t電話\r\n鴫原 翠\t0312345678\r\n'), [
    'person-name=鴫原 翠',
    'landline-number=0312345678',
  ]);
  assert.deepEqual(hits('携帯 090-1234-\r\n  5678\r\n'), ['mobile-number=090-1234-\r\n  5678']);
});

test('a label that ends a line names the number on the next, a log line does not', () => {
  assert.deepEqual(hits('マイナンバー：\n983205673214'), ['individual-number=983205673214']);
  assert.deepEqual(hits('マイナンバーの件\n983205673214 を処理'), []);
});

test('plates, postal codes and addresses', () => {
  assert.deepEqual(hits('〒100‑0013 東京都千代田区霞が関一丁目２番３号'), [
    'postal-code=〒100‑0013',
    'address=東京都千代田区霞が関一丁目２番３号',
  ]);
  for (const plate of ['品川３３０あ・・・１', '品川 330 あ 12-34', '尾張小牧30Aわ・123'])
    assert.deepEqual(hits(`入構 ${plate}`), [`licence-plate=${plate}`]);
  assert.deepEqual(hits('品川330お12-34'), [], 'no plate has お');
  for (const address of ['霞が関一丁目２番３号', '霞ヶ関1-2-3', '霞ケ関１－２－３'])
    assert.deepEqual(hits(`住所：${address}`), [`address=${address}`]);
  assert.deepEqual(hits('送付先 神戸市灘区\n岩屋南町1-23'), ['address=神戸市灘区\n岩屋南町1-23']);
  assert.deepEqual(hits('四日市市霞1-2-3'), ['address=四日市市霞1-2-3']);
});

test('a place without a block is no address, and a block may be a part of the yard', () => {
  for (const text of ['石川県金沢市の工場', '北区1-2号炉の点検', '第2工区1-3を舗装', '東京都港区で開催'])
    assert.deepEqual(hits(text), [], text);
});

test('dates are dates of birth only beside a word of birth', () => {
  for (const typed of ['令和６年四月一日', '昭和五十年四月一日', '平成元年1月8日', 'R6.4.1', '1984/04/01', '19840401'])
    assert.deepEqual(hits(`生年月日： ${typed} です`), [`birth-date=${typed}`]);
  assert.deepEqual(hits('平成元年1月7日生まれ'), [], 'that day was 昭和64年');
  assert.deepEqual(hits('令和6年4月1日 06:30 出銑'), []);
});

test('a name needs both parts or a word of a person', () => {
  for (const text of ['髙橋健太', '山﨑　美咲']) assert.deepEqual(hits(`${text}が出席`), [`person-name=${text}`]);
  for (const [text, name] of [
    ['担当：鈴木', '鈴木'],
    ['担当田中が確認', '田中'],
    ['渡邉様', '渡邉'],
    ['森さんが発見', '森'],
    ['氏名：鴻野 弦太', '鴻野 弦太'],
    ['フリガナ　タナカ　タロウ', 'タナカ　タロウ'],
    ['御厨智子様', '御厨智子'],
    ['𠮷田課長', '𠮷田'],
  ] as const)
    assert.deepEqual(hits(text), [`person-name=${name}`], text);
});

test('firms, places and nouns that are also family names are nobody', () => {
  for (const text of [
    '本田 豊田 鈴木 川崎 神戸 千葉 福岡 日立の株価',
    '本田技研と川崎重工、日立製作所',
    '原因は森林火災。林道は通行止め',
    'お客様、皆様、奥様、担当者様',
    '担当：設備課、承認：製造部',
    '石川県と山口県、福島市',
    '仕様、同様、多様な模様',
  ])
    assert.deepEqual(hits(text), [], text);
});

test('e-mail, public addresses of the internet, coordinates', () => {
  assert.deepEqual(hits('宛先ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐまで'), [
    'email-address=ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ',
  ]);
  assert.deepEqual(hits('8.8.8.8 と 192.168.0.1 と 10.0.0.1 と 203.0.113.9'), ['ip-address=8.8.8.8']);
  assert.deepEqual(hits('ver 2.4.8.1 に更新'), []);
  assert.deepEqual(hits('2606:4700:4700::1111'), ['ip-address=2606:4700:4700::1111']);
  assert.deepEqual(hits('2026-04-01 12:34:56:78'), []);
  assert.deepEqual(hits('現場の座標 35.68124, 139.76712'), ['coordinates=35.68124, 139.76712']);
});

test('accounts, insurance and cards', () => {
  assert.deepEqual(hits('きりの銀行 港支店 普通 1234567'), ['bank-account=1234567']);
  assert.deepEqual(hits('ゆうちょ 10530-12345671'), ['postal-savings-account=10530-12345671']);
  assert.deepEqual(hits('被保険者証 記号 12-34 番号 5678 枝番 01'), [
    'health-insurance-id=記号 12-34 番号 5678 枝番 01',
  ]);
  assert.deepEqual(hits('4111-1111-1111-1111'), ['payment-card-number=4111-1111-1111-1111']);
  assert.deepEqual(hits('普通鋼 1234567 t'), []);
});

test('numbers inside longer codes, decimals and times are not looked at', () => {
  for (const text of ['個人番号A983205673214B', '個人番号 1.983205673214', '個人番号 12-9832-0567-3214-5'])
    assert.deepEqual(hits(text), [], text);
});

test('findings say why, without the value', () => {
  const [finding] = detect('個人番号：983205673214');
  assert.equal(finding!.rule, 'individual-number/digits');
  assert.deepEqual(
    finding!.evidence.map(({ kind, weight, word }) => [kind, weight, word]),
    [
      ['shape', 0.1, undefined],
      ['check-digit', 0.4, undefined],
      ['context', 0.5, '個人番号'],
    ],
  );
  assert.equal(finding!.score, 1);
  assert.ok(!JSON.stringify(finding).includes('9832'));
});

const pieces = fc.constantFrom(
  ...[
    'マイナンバー',
    '983205673214',
    '090-1234-5678',
    '東京都',
    '千代田区',
    '1-2-3',
    '一丁目',
    '\n',
    '\t',
    ',',
    '|',
    ' ',
    '　',
    '氏名：',
    '佐藤',
    '健太',
    '様',
  ],
  ...[
    'ー',
    '－',
    '(',
    ')',
    '〒',
    '@',
    'example.jp',
    '.',
    ':',
    '㈱',
    'ｶﾞ',
    'か\u3099',
    '𠮷',
    '👨\u200d👩',
    '生年月日',
    '昭和',
    '元年',
    '8.8.8.8',
    '\ud800',
  ],
);

test('findings are in order, apart and inside the text, whatever the text', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const text = parts.join('');
      let last = 0;
      for (const { start, end, score } of detect(text)) {
        assert.ok(start >= last && end > start && end <= text.length && score >= 0.55 && score <= 1);
        last = end;
      }
    }),
    { numRuns: 3_000 },
  );
});
