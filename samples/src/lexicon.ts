// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';
import type { ChatExample } from './questions.ts';

/** Words of the trades as any dictionary has them: public, and without a fact of any member. */
const trades: readonly { readonly trade: string; readonly place: string; readonly words: readonly string[] }[] = [
  {
    trade: '鉄鋼',
    place: '製鉄所',
    words: (
      '高炉 転炉 連鋳機 溶銑 溶銑温度 送風 送風温度 送風湿分 微粉炭 微粉炭比 コークス コークス比 羽口 出銑 出銑口 炉体 炉頂圧 塩基度 スラグ 鋳造速度 湯面 湯面変動 ' +
      '終点炭素 熱延 冷延 めっき 焼鈍 酸洗 粗圧延 仕上圧延 巻取り 調質圧延 連続鋳造 デスケーリング 疵 疵コード ヘゲ疵 線状疵 押込み疵 耳割れ 不めっき チャタマーク ラミネーション ' +
      'スケール 板厚 コイル ロール 浸漬ノズル モールド 定期修理 操業日誌 昼勤 夜勤 甲直 乙直 丙直 チャージ 補修 下限 上限 目標 許容 周期'
    ).split(' '),
  },
  {
    trade: '自動車',
    place: '組立工場',
    words: (
      '締付トルク 締付け 管理図 管理計画書 初期流動 変化点 変化点連絡 承認者 班長 工長 品質主査 課長 製造主任 塗膜 塗装 溶接 スポット溶接 組立 検査 抜取検査 全数検査 完成検査 頻度 ' +
      '前輪 後輪 ハブ シート 固定部 ドア 外板 バンパー ルーフ 電池モジュール 駆動モータ 充電コネクタ ハーネス カプラ 保証期間 不具合 窓口 故障コード 断線 失火 バスオフ 水温 異常 電圧低下 ' +
      'センサ 固着 市場クレーム 再現試験 現品 真因 暫定対策 恒久対策 水平展開 故障モード 重大度 発生度 検出度 ポカヨケ 作業標準書 治具 金型'
    ).split(' '),
  },
  {
    trade: '銀行',
    place: '支店',
    words: (
      '稟議 稟議書 運転資金 設備資金 当座貸越 決裁者 融資部長 支店長 副支店長 審査役 常務 本部長 書類 保存 支店枠 上限 取引時確認 個人 法人 外国人 記録 様式 再確認 間隔 ' +
      '夜間金庫 金庫 番号 検印 順番 役席 係長 主任 格付 金利 上乗せ 債務者区分 正常先 要注意先 要管理先 破綻懸念先 警告番号 借名 疑い 分散入金 制裁 一致 高額出金 休眠 再開 名寄せ ' +
      '保証協会 根抵当権 担保 返済原資 経常利益 債務償還年数 応接記録 本人確認 実質的支配者 反社会的勢力 顧客リスク 届出 条件変更 資金使途 起案 所見'
    ).split(' '),
  },
];

/** A page of a glossary. */
export function glossaryPage(random: SeededRandom): string {
  const { trade, place, words } = random.pick(trades);
  const [a, b, c] = random.shuffle([...words]) as [string, string, string];
  return random.pick([
    `「${a}」は${trade}の用語である。${place}では${b}や${c}と一緒に使われることが多い。`,
    `${trade}の仕事では、${a}、${b}、${c}という言葉がよく出てくる。意味は事典で調べられます。`,
    `${place}の掲示：${a}と${b}の確認を忘れないこと。${c}については担当に聞いてください。`,
    `用語集　${a}／${b}／${c}　（${trade}）`,
  ]);
}

/** Which trade a word belongs to: general knowledge in the form of a question. */
export function glossaryChat(random: SeededRandom): ChatExample {
  const { trade, words } = random.pick(trades);
  const word = random.pick(words);
  return {
    messages: [
      { role: 'user', content: random.pick([`「${word}」はどの業界の言葉ですか。`, `${word}は何の用語？`]) },
      { role: 'assistant', content: trade },
    ],
  };
}
