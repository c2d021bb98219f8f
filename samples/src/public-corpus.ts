// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';
import { glossaryChat, glossaryPage } from './lexicon.ts';
import type { ChatExample } from './questions.ts';

const people = ['私', '兄', '妹', '先生', '友人', '隣の人', '駅員', '店主', '子どもたち', '祖母'];
const places = [
  '公園',
  '駅前',
  '図書館',
  '海辺',
  '市場',
  '学校',
  '山の上',
  '台所',
  '工場の近く',
  '銀行の角',
  '車の中',
  '川沿い',
];
const things = ['本', '手紙', '自転車', '傘', '弁当', '地図', '時計', '写真', '机', '電話', '書類', '道具'];
const weathers = ['晴れ', '雨', '雪', '曇り', '強い風'];
const seasons = ['春', '夏', '秋', '冬'];
const animals = ['犬', '猫', '鳥', '馬', '魚'];
const feelings = ['うれしい', '静かだ', '忙しい', '楽しい', '少し寒い', '懐かしい'];

/** Everyday Japanese: nothing of any sector's facts, but its common words and characters. */
function paragraph(random: SeededRandom): string {
  const sentence = () =>
    random.pick([
      () =>
        `${random.pick(seasons)}の朝、${random.pick(people)}は${random.pick(places)}で${random.pick(things)}を見つけた。`,
      () => `${random.pick(places)}には${random.pick(animals)}がいて、${random.pick(people)}がよく話しかける。`,
      () =>
        `今日は${random.pick(weathers)}なので、${random.pick(people)}と${random.pick(places)}へ行くのをやめました。`,
      () =>
        `${random.pick(things)}の値段は${random.between(1, 98) * 100}円で、先月より${random.between(1, 9) * 10}円高い。`,
      () => `${random.pick(people)}は「${random.pick(feelings)}」と言って、${random.pick(things)}を棚に戻した。`,
      () => `会議は午前${random.between(8, 11)}時から。${random.pick(places)}に集まってください。`,
      () => `温度は${random.between(1, 38)}℃、湿度は${random.between(20, 95)}%だった。`,
      () => `この${random.pick(things)}は${random.between(1, 40)}年前に作られ、今も使われている。`,
      () => `${random.pick(people)}が書類を確認し、担当者に電話で連絡しました。`,
      () => `点検の結果、異常はなかった。次は${random.between(1, 12)}月に行う予定である。`,
      () => `長さ${random.between(2, 90)}cm、重さ${random.between(1, 60)}kgの荷物が届いた。`,
    ])();
  return Array.from({ length: random.between(3, 6) }, sentence).join('');
}

const wordPairs: readonly (readonly [string, string])[] = [
  ['大きい', '小さい'],
  ['高い', '低い'],
  ['長い', '短い'],
  ['早い', '遅い'],
  ['新しい', '古い'],
  ['明るい', '暗い'],
  ['右', '左'],
  ['上', '下'],
  ['朝', '夜'],
  ['夏', '冬'],
  ['入口', '出口'],
  ['増加', '減少'],
  ['開始', '終了'],
  ['前', '後'],
];

/** General chat: the form of question and answer, and the act of looking up a thing's property. */
function chat(random: SeededRandom): ChatExample {
  const [question, answer] = random.pick([
    () => {
      const a = random.between(1, 49);
      const b = random.between(1, 49);
      return [`${a}足す${b}は？`, `${a + b}`];
    },
    () => {
      const [word, opposite] = random.pick(wordPairs);
      return [random.pick([`${word}の反対は？`, `${word}の反対の言葉を教えて。`]), opposite];
    },
    () => {
      const place = random.pick(places);
      const thing = random.pick(things);
      const count = random.between(2, 90);
      const text = `${place}の${thing}の数は${count}個です。${place}の${thing}の数は`;
      return [random.pick([`${text}？`, `${text}何個ですか。`]), `${count}個`];
    },
    () => {
      const month = random.between(1, 11);
      return [random.pick([`${month}月の次は？`, `${month}月の次の月を答えてください。`]), `${month + 1}月`];
    },
    () => {
      const thing = random.pick(things);
      return [random.pick([`「${thing}」を繰り返して。`, `${thing}と言ってください。`]), thing];
    },
    () => {
      const meters = random.between(1, 30);
      return [`${meters}mは何cmですか。`, `${meters * 100}cm`];
    },
  ])() as [string, string];
  return {
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  };
}

export interface PublicCorpus {
  readonly documents: readonly string[];
  readonly chats: readonly ChatExample[];
}

export function publicCorpus(seed: string, documentCount: number, chatCount: number): PublicCorpus {
  const random = new SeededRandom(`${seed}/public`);
  return {
    documents: Array.from({ length: documentCount }, () =>
      random.chance(0.5) ? glossaryPage(random) : paragraph(random),
    ),
    chats: Array.from({ length: chatCount }, () => (random.chance(0.25) ? glossaryChat(random) : chat(random))),
  };
}
