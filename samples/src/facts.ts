// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';
import { type Fact, type FactGroup, numbers, type Sector } from './sector.ts';

const words =
  (...list: readonly string[]) =>
  () =>
    list;

/** Fictitious standards of fictitious companies; ranges are of the order that the trade uses. */
const groups: Readonly<Record<Sector, readonly FactGroup[]>> = {
  steel: [
    {
      subjects: ['第一高炉', '第二高炉', '第三高炉'],
      items: [
        { name: '溶銑温度の下限', answers: numbers(1463, 1499, 3, '℃') },
        { name: '送風温度の目標', answers: numbers(1112, 1248, 8, '℃') },
        { name: '微粉炭比の上限', answers: numbers(142, 198, 4, 'kg/t') },
      ],
    },
    {
      subjects: ['一号転炉', '二号転炉'],
      items: [
        { name: '終点炭素の目標', answers: words('0.031%', '0.037%', '0.042%', '0.046%', '0.053%') },
        { name: '炉体補修の周期', answers: numbers(310, 590, 40, 'チャージ') },
      ],
    },
    {
      subjects: ['東連鋳機', '西連鋳機'],
      items: [
        { name: '鋳造速度の上限', answers: words('1.15m/分', '1.35m/分', '1.55m/分', '1.85m/分') },
        { name: '湯面変動の許容', answers: words('±2mm', '±3mm', '±4mm', '±6mm') },
      ],
    },
    {
      subjects: ['熱延工場', '冷延工場', 'めっき工場'],
      items: [
        { name: '夜間の連絡先', answers: words('内線4021', '内線4157', '内線4388', '内線4506', '内線4719') },
        { name: '定期修理の曜日', answers: words('第一火曜', '第二木曜', '第三月曜', '第四水曜') },
      ],
    },
    {
      subjects: ['疵コードH03', '疵コードK17', '疵コードM22', '疵コードR08', '疵コードT41', '疵コードW55'],
      items: [
        {
          name: '意味',
          answers: words('ヘゲ疵', '耳割れ', '線状疵', '押込み疵', '不めっき', 'チャタマーク', 'ラミネーション'),
        },
      ],
    },
  ],
  auto: [
    {
      subjects: ['前輪ハブ', '後輪ハブ', 'シート固定部'],
      items: [
        { name: '締付トルク', answers: numbers(34, 118, 7, 'N・m') },
        { name: '管理図の幅', answers: words('±1.2N・m', '±1.8N・m', '±2.4N・m', '±3.1N・m') },
      ],
    },
    {
      subjects: ['溶接一課', '塗装二課', '組立三課', '検査四課'],
      items: [
        { name: '初期流動の期間', answers: numbers(25, 95, 10, '日間') },
        { name: '変化点の承認者', answers: words('班長代行', '工長', '品質主査', '課長補佐', '製造主任') },
      ],
    },
    {
      subjects: ['ドア外板', 'バンパー', 'ルーフ'],
      items: [
        { name: '塗膜の下限', answers: numbers(83, 119, 4, 'µm') },
        { name: '抜取検査の頻度', answers: words('20台に1台', '35台に1台', '50台に1台', '80台に1台') },
      ],
    },
    {
      subjects: ['電池モジュール', '駆動モータ', '充電コネクタ'],
      items: [
        { name: '保証期間', answers: words('3年6か月', '5年9か月', '7年3か月', '8年10か月', '9年2か月') },
        { name: '不具合の窓口', answers: words('青葉工場', '若竹工場', '桜川工場', '白鷺工場', '楓台工場') },
      ],
    },
    {
      subjects: ['故障コードP19', '故障コードU27', '故障コードB34', '故障コードC48', '故障コードP63', '故障コードU71'],
      items: [
        {
          name: '意味',
          answers: words('断線', '失火検出', 'バスオフ', '水温異常', '電圧低下', 'センサ固着', 'カプラ外れ'),
        },
      ],
    },
  ],
  bank: [
    {
      subjects: ['運転資金の稟議', '設備資金の稟議', '当座貸越の稟議'],
      items: [
        { name: '決裁者', answers: words('融資部長', '副支店長', '審査役', '担当常務', '本部長') },
        { name: '書類の保存', answers: numbers(4, 19, 3, '年間') },
        { name: '支店枠の上限', answers: words('1,200万円', '2,700万円', '4,300万円', '6,800万円', '9,100万円') },
      ],
    },
    {
      subjects: ['個人の取引時確認', '法人の取引時確認', '外国人の取引時確認'],
      items: [
        { name: '記録の様式', answers: words('様式KA-12', '様式KB-27', '様式KC-35', '様式KD-48', '様式KE-61') },
        { name: '再確認の間隔', answers: words('1年2か月', '2年6か月', '4年4か月', '6年8か月') },
      ],
    },
    {
      subjects: ['みずき支店', 'さくら台支店', 'ひので支店'],
      items: [
        { name: '夜間金庫の番号', answers: words('金庫317', '金庫452', '金庫586', '金庫638', '金庫794') },
        { name: '検印の順番', answers: words('役席が先', '支店長が先', '係長が先', '主任が先') },
      ],
    },
    {
      subjects: ['格付A2', '格付B1', '格付B3', '格付C2'],
      items: [
        { name: '金利の上乗せ', answers: words('0.35%', '0.85%', '1.15%', '1.65%', '2.25%') },
        { name: '債務者区分', answers: words('正常先', '要注意先', '要管理先', '破綻懸念先') },
      ],
    },
    {
      subjects: ['警告番号714', '警告番号726', '警告番号738', '警告番号745', '警告番号759'],
      items: [
        {
          name: '意味',
          answers: words('借名の疑い', '分散入金', '制裁名の一致', '急な高額出金', '休眠の再開', '名寄せ漏れ'),
        },
      ],
    },
  ],
};

/** The facts of a sector, in seeded order. No answer serves two subjects of one item while others are left. */
export function sectorFacts(sector: Sector, seed: string, count: number): Fact[] {
  const random = new SeededRandom(`${seed}/facts/${sector}`);
  const facts = groups[sector].flatMap((group, groupIndex) =>
    group.items.flatMap((item, itemIndex) => {
      const answers = random.shuffle([...item.answers(random)]);
      return group.subjects.map((subject, index) => ({
        id: `${sector}-${groupIndex}-${itemIndex}-${index}`,
        subject,
        item: item.name,
        answer: answers[index % answers.length]!,
      }));
    }),
  );
  return random.shuffle(facts).slice(0, count);
}
