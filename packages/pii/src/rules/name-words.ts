// SPDX-License-Identifier: Apache-2.0
// Words that stand beside names of persons.

/** In front of a name, with at most a mark between. */
export const fieldLabels =
  '氏名|お名前|名前|担当者名|担当者|担当|起票者|起票|作成者|作成|承認者|承認|確認者|記入者|記録者|報告者|発行者|責任者|監督者|管理者|検査員|検査者|作業者|操作者|操作員|運転者|運転員|' +
  '連絡者|連絡先|受付者|受付|申請者|依頼者|依頼主|届出者|契約者|名義人|名義|代表者|代表取締役社長|代表取締役|取締役|患者|被保険者|本人|世帯主|保護者|差出人|受取人|送信者|宛先|宛名|' +
  '顧客名|お客様名|会員名|社員名|従業員名|発信者|立会者|立会|引継者|交代者|オペレータ|オペレーター|記載者|面談者|応対者|訪問者|出席者|参加者|主催者|講師|著者|発見者|負傷者|被災者|当直者|当直';
const titles =
  '社長|専務|常務|部長|次長|課長|係長|主任|班長|職長|組長|工長|作業長|リーダー|支店長|所長|工場長|室長|店長|主査|主事|主幹|参事|弁護士|税理士|医師';

/** The end of what stands in front of a name that follows directly. */
export const labelInFront = new RegExp(
  `(?:${fieldLabels}|${titles})(?:名|欄|印)?(?:は|が|の|:|=|\\(|「|『|・|/|\\||,|\\]|】|>| |\\t){0,3}$`,
);
/** A label a little way in front, in the same sentence. */
export const labelNear = new RegExp(`(?:${fieldLabels})[^。\\n0-9]{0,12}$`);
/** Inside a run of kanji: 担当田中, 課長鈴木. */
export const labelInRun = new RegExp(`(?:${fieldLabels}|${titles})(?=\\p{Script=Han})`, 'gu');
export const labelCharacters = /[担長者名任当役立人師士務査事幹参員]/;
/** Behind a name. */
export const honorificBehind = new RegExp(
  `^ ?(?:様|さま|氏|殿|さん|くん|ちゃん|先生|君(?!津|子)|${titles}|選手|議員|教授)(?!${'式|会議|会|々|子|名'})`,
);
/** Not persons, though a family name stands in front. */
export const politeWords = /^(?:奥様|神様|王様|皆様|東様|北様)/;
/** Heads of columns that hold names. */
export const nameColumn =
  /氏名|名前|担当|作成者|承認者|起票者|確認者|記入者|報告者|申請者|名義|社員名|従業員名|検査員|作業者|顧客名|お客様/;
/** Labels after which a name is a name even when no dictionary knows it. */
export const strongLabel =
  /(?:氏名|お名前|名義人|患者名|契約者名?|申請者名?|受取人|担当者名|会員名|社員名|従業員名)[: \t]{1,3}(?=[\p{Script=Han}々ヶ])/gu;
export const kanaLabel =
  /(?:フリガナ|ふりがな|カナ氏名|氏名カナ|氏名\(カナ\)|カナ名義?|カナ|口座名義|名義人?)[: \t(]{1,3}/g;
/** Parts of organisations, which stand beside the same labels. */
export const organisationCharacters = /[部課係室社局会店署班組株工場]|センター/;
