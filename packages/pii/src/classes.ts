// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';

/** What happens to a finding. `drop` takes the whole record out; `mask` puts a typed placeholder; `tag` only counts; `off` does not look. */
export type PiiAction = 'drop' | 'mask' | 'surrogate' | 'tag' | 'off';

interface PiiClassFacts {
  readonly label: Localised;
  readonly action: PiiAction;
  /** Lower case, as in the shadow (NFKC). Any of them near a candidate is evidence. */
  readonly context: readonly string[];
}

const telephone = [
  '電話',
  'tel',
  'fax',
  'ファックス',
  'ファクス',
  '代表',
  '連絡先',
  '内線',
  '直通',
  'phone',
  '☎',
  '携帯',
  'mobile',
];

/** The classes in the order in which they win where findings overlap with equal evidence. */
const facts = {
  'individual-number': {
    label: { ja: '個人番号', en: 'individual number (My Number)' },
    action: 'drop',
    context: ['マイナンバー', '個人番号', '個番', '通知カード', 'my number', 'mynumber'],
  },
  'driving-licence-number': {
    label: { ja: '運転免許証番号', en: 'driving licence number' },
    action: 'mask',
    context: ['免許'],
  },
  'passport-number': {
    label: { ja: '旅券番号', en: 'passport number' },
    action: 'mask',
    context: ['旅券', 'パスポート', 'passport'],
  },
  'residence-card-number': {
    label: { ja: '在留カード番号', en: 'residence card number' },
    action: 'mask',
    context: ['在留', '特別永住'],
  },
  'resident-record-code': {
    label: { ja: '住民票コード', en: 'resident record code' },
    action: 'mask',
    context: ['住民票コード', '住基'],
  },
  'basic-pension-number': {
    label: { ja: '基礎年金番号', en: 'basic pension number' },
    action: 'mask',
    context: ['基礎年金', '年金番号', '年金手帳'],
  },
  'employment-insurance-number': {
    label: { ja: '雇用保険被保険者番号', en: 'employment insurance number' },
    action: 'mask',
    context: ['雇用保険', '被保険者番号'],
  },
  'care-insurance-number': {
    label: { ja: '介護保険被保険者番号', en: 'long-term care insurance number' },
    action: 'mask',
    context: ['介護保険', '要介護', '介護被保険者'],
  },
  'health-insurance-id': {
    label: { ja: '被保険者記号・番号', en: 'health insurance symbol and number' },
    action: 'mask',
    context: ['被保険者', '保険証', '資格確認書'],
  },
  'health-insurer-number': {
    label: { ja: '保険者番号', en: 'health insurer number' },
    action: 'tag',
    context: ['保険者番号', '保険証', '資格確認書', '公費負担者番号'],
  },
  'medical-institution-code': {
    label: { ja: '医療機関・事業所番号', en: 'medical or care institution code' },
    action: 'tag',
    context: ['医療機関コード', '医療機関番号', '介護事業所番号', '事業所番号'],
  },
  'payment-card-number': {
    label: { ja: 'カード番号', en: 'payment card number' },
    action: 'mask',
    context: [
      'カード番号',
      '有効期限',
      'クレジット',
      'credit card',
      'card no',
      'カードno',
      'visa',
      'mastercard',
      'jcb',
    ],
  },
  'bank-account': {
    label: { ja: '口座番号', en: 'bank account' },
    action: 'mask',
    context: ['口座', '普通預金', '当座預金', '貯蓄預金', '振込先'],
  },
  'postal-savings-account': {
    label: { ja: 'ゆうちょ記号番号', en: 'Japan Post Bank account' },
    action: 'mask',
    context: ['記号番号', 'ゆうちょ', '郵便貯金', '通帳記号'],
  },
  'mobile-number': { label: { ja: '携帯電話番号', en: 'mobile number' }, action: 'mask', context: telephone },
  'landline-number': { label: { ja: '電話番号', en: 'landline number' }, action: 'mask', context: telephone },
  'ip-phone-number': { label: { ja: 'IP電話番号', en: 'IP telephone number' }, action: 'mask', context: telephone },
  'service-number': {
    label: { ja: '着信課金等の番号', en: 'free, shared-cost or machine number' },
    action: 'tag',
    context: [...telephone, 'フリーダイヤル', 'ナビダイヤル', 'm2m', 'sim'],
  },
  'corporate-number': { label: { ja: '法人番号', en: 'corporate number' }, action: 'tag', context: ['法人番号'] },
  'invoice-number': {
    label: { ja: '適格請求書発行事業者番号', en: 'qualified invoice issuer number' },
    action: 'tag',
    context: ['インボイス', '登録番号', '適格請求書', '事業者番号'],
  },
  'sole-trader-invoice-number': {
    label: { ja: '個人事業者の登録番号', en: 'invoice number of a sole trader' },
    action: 'mask',
    context: ['インボイス', '登録番号', '適格請求書', '事業者番号'],
  },
  'licence-plate': {
    label: { ja: '車両番号', en: 'vehicle registration plate' },
    action: 'mask',
    context: ['ナンバー', '車両番号', '登録番号', '車番', '自動車'],
  },
  'vehicle-identification-number': {
    label: { ja: '車台番号', en: 'vehicle identification number' },
    action: 'mask',
    context: ['車台番号', '車体番号', 'vin', 'フレーム番号', 'フレームno'],
  },
  'email-address': {
    label: { ja: 'メールアドレス', en: 'e-mail address' },
    action: 'mask',
    context: ['メール', 'mail', 'アドレス'],
  },
  'ip-address': {
    label: { ja: 'IPアドレス', en: 'public IP address' },
    action: 'mask',
    context: ['ipアドレス', 'ip address', '接続元', '送信元', 'ホスト', 'アドレス', 'src', 'from'],
  },
  coordinates: {
    label: { ja: '座標', en: 'coordinates' },
    action: 'mask',
    context: ['座標', '緯度', '経度', '北緯', '位置情報', 'gps', 'lat', 'lng', 'lon'],
  },
  'postal-code': { label: { ja: '郵便番号', en: 'postal code' }, action: 'mask', context: ['郵便番号', '〒'] },
  address: {
    label: { ja: '住所', en: 'address' },
    action: 'surrogate',
    context: [
      '住所',
      '所在地',
      '送付先',
      '送り先',
      '居住',
      '自宅',
      'お届け先',
      '配送先',
      '届け先',
      '本籍',
      '現住',
      '転居',
      'address',
    ],
  },
  'birth-date': {
    label: { ja: '生年月日', en: 'date of birth' },
    action: 'mask',
    context: ['生年月日', '生まれ', '誕生', '出生', 'birth', 'dob'],
  },
  'person-name': { label: { ja: '氏名', en: 'name of a person' }, action: 'surrogate', context: [] },
} as const satisfies Readonly<Record<string, PiiClassFacts>>;

/** A class that the product knows; companies add their own names through patterns. */
export type PiiClass = keyof typeof facts;

export const piiClasses: Readonly<Record<PiiClass, PiiClassFacts>> = facts;
export const piiClassNames = Object.keys(facts) as readonly PiiClass[];

/** Classes for which fictitious values can be made. */
export const surrogateClasses: ReadonlySet<string> = new Set<PiiClass>(['person-name', 'address']);
