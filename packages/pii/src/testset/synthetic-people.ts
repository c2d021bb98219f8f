// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';

// Drawn up apart from the dictionaries of the rules: most are in them, some (the last of each list) are not.
const families = (
  '佐藤 髙橋 渡邊 伊藤 山﨑 齋藤 小野寺 岡本 柏木 桐山 鵜飼 長谷川 五十嵐 佐々木 丹羽 榊原 百瀬 都築 浜田 濱口 中澤 広瀬 廣田 大久保 三枝 早乙女 ' +
  '吉村 菊地 宍戸 板垣 上杉 東條 真田 宇佐美 緒方 白鳥 神谷 鳥居 松永 徳永 岩渕 川端 前島 奥田 石塚 飯塚 坂井 酒井 小笠原 水谷 今野 尾崎 辻 関 堀 森 原 柳 ' +
  '本田 福島 千葉 石川 宮崎 豊田 川崎 大石 江口 堤 永瀬 高梨 二階堂 寺島 国分 黒岩 樋口 熊倉 根岸 薄井 鴫原 纐纈 御厨'
).split(' ');
const givens = (
  '健太 美咲 大輔 由美子 翔平 陽子 誠 修 千尋 直樹 恵子 浩二 拓也 彩香 裕介 達也 真理子 一郎 明 和也 智子 正樹 優子 隆 亮太 沙織 秀樹 久美子 剛 博之 ' +
  '悠斗 結衣 蓮 葵 陽菜 湊 翔太 洋平 麻衣 哲也 幸子 俊介 愛 光男 節子 雅之 義明 めぐみ さくら 聡 徹 勇気 琴音 颯太 里奈 宏 健一 康平 真一 美穂 瑛士朗 紬葵'
).split(' ');
const kanaFamilies =
  'サトウ タカハシ ワタナベ ヤマザキ カシワギ ウカイ イガラシ ハマグチ ヨシムラ シラトリ ミズタニ コンノ'.split(' ');
const kanaGivens = 'ケンタ ミサキ ダイスケ ユミコ マコト チヒロ ナオキ コウジ アヤカ イチロウ'.split(' ');

export function syntheticName(random: SeededRandom): string {
  return `${random.pick(families)}${random.pick(['', '', ' ', '　'])}${random.pick(givens)}`;
}

export function syntheticFamilyName(random: SeededRandom): string {
  return random.pick(families);
}

export function syntheticKanaName(random: SeededRandom): string {
  return `${random.pick(kanaFamilies)}${random.pick([' ', '　'])}${random.pick(kanaGivens)}`;
}

const places: readonly (readonly [string, string])[] = [
  ['北海道', '室蘭市'],
  ['青森県', '八戸市'],
  ['岩手県', '釜石市'],
  ['宮城県', '仙台市青葉区'],
  ['福島県', 'いわき市'],
  ['茨城県', '鹿嶋市'],
  ['栃木県', '宇都宮市'],
  ['群馬県', '太田市'],
  ['埼玉県', 'さいたま市大宮区'],
  ['千葉県', '君津市'],
  ['千葉県', '千葉市中央区'],
  ['東京都', '千代田区'],
  ['東京都', '世田谷区'],
  ['東京都', '府中市'],
  ['神奈川県', '横浜市鶴見区'],
  ['神奈川県', '川崎市川崎区'],
  ['新潟県', '上越市'],
  ['富山県', '射水市'],
  ['石川県', '野々市市'],
  ['福井県', '吉田郡永平寺町'],
  ['長野県', '北佐久郡軽井沢町'],
  ['岐阜県', '各務原市'],
  ['静岡県', '浜松市中央区'],
  ['愛知県', '東海市'],
  ['愛知県', '名古屋市港区'],
  ['三重県', '四日市市'],
  ['滋賀県', '近江八幡市'],
  ['京都府', '京都市左京区'],
  ['大阪府', '堺市堺区'],
  ['大阪府', '大阪市此花区'],
  ['兵庫県', '加古川市'],
  ['兵庫県', '神戸市灘区'],
  ['奈良県', '大和郡山市'],
  ['和歌山県', '海南市'],
  ['岡山県', '倉敷市'],
  ['広島県', '福山市'],
  ['山口県', '周南市'],
  ['香川県', '仲多度郡まんのう町'],
  ['愛媛県', '新居浜市'],
  ['福岡県', '北九州市八幡東区'],
  ['福岡県', '糟屋郡志免町'],
  ['長崎県', '佐世保市'],
  ['熊本県', '熊本市南区'],
  ['大分県', '大分市'],
  ['鹿児島県', '薩摩川内市'],
  ['沖縄県', '中頭郡読谷村'],
]; // prettier-ignore
const towns =
  '本町 栄町 緑ヶ丘 旭ヶ丘 中央 新田 大字上野 桜木町 東雲 浜の町 向陽台 西大路 字原 茜台 八重垣町 若葉 高砂 三の輪 みどり野 北新地'.split(
    ' ',
  );
const buildings = [
  'グリーンハイツ203',
  '第二ビル5階',
  ' コーポみなと101号室',
  'サンライズマンション1204',
  '',
  '',
  '',
  '',
  '',
  '',
];

export function syntheticAddress(random: SeededRandom): string {
  const [prefecture, city] = random.pick(places);
  const [a, b, c] = [random.between(1, 9), random.between(1, 39), random.between(1, 25)];
  const block = random.pick([
    `${a}-${b}-${c}`,
    `${b}-${c}`,
    `${a}丁目${b}番${c}号`,
    `${a}丁目${b}-${c}`,
    `${random.between(10, 3200)}番地`,
    `${random.between(10, 980)}番地の${c}`,
    `${'一二三四五六七八九'[a - 1]}丁目${b}番${c}号`,
  ]);
  return `${random.chance(0.7) ? prefecture : ''}${city}${random.pick(towns)}${block}${random.pick(buildings)}`;
}
