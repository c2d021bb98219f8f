// SPDX-License-Identifier: Apache-2.0
// Words that stand beside names of persons.

const fields =
  '氏名 お名前 名前 担当者名 担当者 担当 起票者 起票 作成者 作成 承認者 承認 確認者 記入者 記録者 報告者 発行者 責任者 監督者 管理者 検査員 検査者 作業者 操作者 操作員 運転者 運転員 ' +
  '連絡者 連絡先 受付者 受付 申請者 依頼者 依頼主 届出者 契約者 名義人 名義 代表者 代表取締役社長 代表取締役 取締役 患者 被保険者 本人 世帯主 保護者 差出人 受取人 送信者 宛先 宛名 ' +
  '顧客名 お客様名 会員名 社員名 従業員名 発信者 立会者 立会 引継者 交代者 オペレータ オペレーター 記載者 面談者 応対者 訪問者 出席者 参加者 主催者 講師 著者 発見者 負傷者 被災者 当直者 当直 ' +
  '患者名 契約者名 申請者名 口座名義';
const titleWords =
  '社長 専務 常務 部長 次長 課長 係長 主任 班長 職長 組長 工長 作業長 リーダー 支店長 所長 工場長 室長 店長 主査 主事 主幹 参事 弁護士 税理士 医師';
const strong =
  '氏名 お名前 名義人 患者名 契約者 契約者名 申請者 申請者名 受取人 担当者名 会員名 社員名 従業員名 お客様名 顧客名';
const kana = 'フリガナ ふりがな カナ氏名 氏名カナ 氏名(カナ) カナ名義 カナ 口座名義 名義人 名義';

/** What may stand in front of a name: a field, a title, one that makes any name of it, one for names in kana. */
export interface LabelKinds {
  field: boolean;
  strong: boolean;
  kana: boolean;
}

const labels = new Map<string, LabelKinds>();
for (const [words, kind] of [
  [fields, 'field'],
  [titleWords, undefined],
  [strong, 'strong'],
  [kana, 'kana'],
] as const)
  for (const word of words.split(' ')) {
    const kinds = labels.get(word) ?? { field: false, strong: false, kana: false };
    if (kind !== undefined) kinds[kind] = true;
    labels.set(word, kinds);
  }
const longestLabel = Math.max(...[...labels.keys()].map((word) => word.length));
const labelEnds = new Uint8Array(0x10000);
for (const word of labels.keys()) labelEnds[word.charCodeAt(word.length - 1)] = 1;

/** Whether a label may end with this code unit. */
export function mayEndLabel(unit: number): boolean {
  return labelEnds[unit] === 1;
}

/** The longest label whose last unit is at `at`. */
export function labelEndingAt(
  line: string,
  at: number,
): { readonly word: string; readonly kinds: LabelKinds } | undefined {
  for (let length = Math.min(longestLabel, at + 1); length >= 2; length -= 1) {
    const word = line.slice(at + 1 - length, at + 1);
    const kinds = labels.get(word);
    if (kinds !== undefined) return { word, kinds };
  }
  return undefined;
}

const alternatives = (words: string) => words.split(' ').join('|');

/** The end of what stands in front of a name that follows directly. */
export const labelInFront = new RegExp(
  `(?:${alternatives(fields)}|${alternatives(titleWords)})(?:名|欄|印)?(?:は|が|の|:|=|\\(|「|『|・|/|\\||,|\\]|】|>| |\\t){0,3}$`,
);
/** A label a little way in front, in the same sentence. */
export const labelNear = new RegExp(`(?:${alternatives(fields)})[^。\\n0-9]{0,12}$`);
/** Behind a name. */
export const honorificBehind = new RegExp(
  `^ ?(?:様|さま|氏|殿|さん|くん|ちゃん|先生|君(?!津|子)|${alternatives(titleWords)}|選手|議員|教授)(?!式|会議|会|々|子|名)`,
);
/** The first units of what may stand behind a name. */
export const honorificStarts = '様さ氏殿課部係主社';
/** Not persons, though a family name stands in front. */
export const politeWords = /^(?:奥様|神様|王様|皆様|東様|北様)/;
/** Heads of columns that hold names. */
export const nameColumn =
  /氏名|名前|担当|作成者|承認者|起票者|確認者|記入者|報告者|申請者|名義|社員名|従業員名|検査員|作業者|責任者|顧客名|お客様/;
/** Parts of organisations, which stand beside the same labels. */
export const organisationCharacters = /[部課係室社局会店署班組株工場]|センター/;
