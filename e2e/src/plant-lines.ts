// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';

const fragments = [
  ...[
    '溶銑温度',
    '高炉',
    '送風',
    '転炉',
    '圧延',
    '検査',
    '不具合',
    '保全',
    '稟議書',
    '応接記録',
    '与信',
    '部品番号',
    '二〇二六年',
  ],
  ...[
    'が低下',
    'を確認',
    'は正常',
    '、',
    '。',
    'および',
    'ベアリング',
    'モーター',
    'ー',
    '々',
    '㈱基盤',
    '①',
    '㊞',
    'ﾎﾟﾝﾌﾟ',
    'Ａ１２',
  ],
  ...[
    '1,480℃',
    '0.35',
    '12',
    '2026-11-23',
    '№',
    '±',
    '%',
    'kPa',
    'mm',
    '#3',
    '(A)',
    "don't",
    'FMEA',
    'OK',
    'ng',
    '8D',
    'lot',
  ],
  ...[
    ' ',
    '  ',
    '　',
    '\t',
    '\n',
    '\r\n',
    '\n\n',
    '🦙',
    '𠮷',
    '葛\u{e0100}',
    'é',
    'e\u0301',
    '\u00a0',

    '<|eot|>',
    '<|',
    '|>',
  ],
];

/** Lines like those of shift logs and ledgers, with what tokenizers stumble over: half-width kana, variation selectors, line ends, typed control tokens. */
export function plantLines(seed: string, count: number): readonly string[] {
  const random = new SeededRandom(seed);
  const line = () => Array.from({ length: random.between(1, 12) }, () => random.pick(fragments)).join('');
  return [...Array.from({ length: count - 2 }, line), 'ｱ'.repeat(300), 'あ'.repeat(300)];
}
