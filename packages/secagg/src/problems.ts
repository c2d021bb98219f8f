// SPDX-License-Identifier: Apache-2.0
import { KibanError, type Localised } from '@kiban/core';
import type { Refusal } from './refusal.ts';

interface Entry {
  readonly status: number;
  readonly ja: string;
  readonly en: string;
}

const catalogue = {
  'plan-malformed': { status: 422, ja: '集約計画の形式が正しくありません', en: 'The aggregation plan is malformed' },
  'plan-unsound': { status: 422, ja: '集約計画の数値が安全ではありません', en: 'The aggregation plan is not sound' },
  'plan-signature-wrong': {
    status: 422,
    ja: '集約計画の署名が正しくありません',
    en: 'The plan is not signed by this hub',
  },
  'member-unlisted': { status: 422, ja: '計画の名簿にありません', en: 'Not on the roster of the plan' },
  'member-key-differs': {
    status: 422,
    ja: '名簿の鍵が手元の鍵と違います',
    en: 'The roster has another key for this member',
  },
  'attempt-joined': {
    status: 409,
    ja: 'この試行またはより新しい試行に参加済みです',
    en: 'This attempt or a later one was joined before',
  },
  'instance-signed': {
    status: 409,
    ja: 'この集約の生存者は署名済みです',
    en: 'A survivor set of this instance was signed before',
  },
  'witness-disagrees': { status: 409, ja: '透明性ログが一致しません', en: 'The transparency log says otherwise' },
  'message-malformed': { status: 422, ja: 'メッセージの形式が正しくありません', en: 'The message is malformed' },
  'message-signature-wrong': {
    status: 422,
    ja: 'メッセージの署名が正しくありません',
    en: 'The signature of the message is wrong',
  },
  'message-misdirected': {
    status: 422,
    ja: '別の計画または段階のメッセージです',
    en: 'The message belongs to another plan, member or transcript',
  },
  'message-differs': { status: 409, ja: '先に受け取った内容と違います', en: 'It differs from what was received first' },
  'message-early': { status: 409, ja: 'この段階はまだ始まっていません', en: 'The stage has not begun' },
  'message-late': { status: 410, ja: 'この段階は終わりました', en: 'The stage is over' },
  'attempt-over': { status: 410, ja: 'この試行は終わりました', en: 'The attempt is over' },
  'list-signature-wrong': { status: 422, ja: '一覧の署名が正しくありません', en: 'The list is not signed by the hub' },
  'list-malformed': { status: 422, ja: '一覧の形式が正しくありません', en: 'The list is malformed' },
  'list-unexpected': { status: 409, ja: 'いま受け取る一覧ではありません', en: 'This list is not the one that is next' },
  'list-differs': { status: 409, ja: '同じ一覧が違う内容で届きました', en: 'The same list came with other content' },
  'list-below-quorum': { status: 422, ja: '一覧の人数が定足数に足りません', en: 'The list is below the quorum' },
  'list-not-subset': {
    status: 422,
    ja: '前の一覧にない参加者が含まれています',
    en: 'The list names somebody whom the last list does not',
  },
  'signatures-too-few': { status: 422, ja: '署名が足りません', en: 'Too few members signed this survivor set' },
  'key-unusable': { status: 422, ja: '公開鍵を使えません', en: 'A public key cannot be used' },
  'key-repeated': { status: 422, ja: '同じ公開鍵が二度使われています', en: 'Two members sent the same public key' },
  'commitments-incomplete': {
    status: 422,
    ja: 'コミットメントが揃っていません',
    en: 'Commitments or parts are missing',
  },
  'part-unreadable': {
    status: 422,
    ja: '受け取った秘密の断片を復号できません',
    en: 'A received part cannot be decrypted',
  },
  'share-wrong': {
    status: 422,
    ja: '秘密の断片がコミットメントと一致しません',
    en: 'A share does not match its commitment',
  },
  'pair-disagrees': {
    status: 422,
    ja: '二者の共有秘密が一致しません',
    en: 'Two members do not agree on their pair secret',
  },
  'opening-wrong': {
    status: 422,
    ja: '開示の内容が生存者の一覧と合いません',
    en: 'The opening does not fit the survivor set',
  },
  'secret-unrecoverable': { status: 422, ja: '秘密を復元できません', en: 'A secret cannot be rebuilt from its shares' },
  'shards-differ': {
    status: 422,
    ja: '断片が計画または保存済みの内容と違います',
    en: 'The shards are not those of the plan or not those that are stored',
  },
  'update-unexpected': { status: 409, ja: 'いまは更新を受け付けません', en: 'No update is awaited now' },
  'update-differs': { status: 409, ja: '先の更新と違います', en: 'It differs from the update given first' },
  'scalar-out-of-bounds': {
    status: 422,
    ja: '数値が無いか、範囲を超えています',
    en: 'A scalar is missing or out of bounds',
  },
  'quorum-missing': { status: 409, ja: '定足数に足りません', en: 'The quorum is not there' },
  'sum-unexpected': { status: 409, ja: '和はまだ開示できません', en: 'The sum may not be opened yet' },
} satisfies Record<string, Entry>;

export type RefusalCode = keyof typeof catalogue;

export function refusalStatus(code: RefusalCode): number {
  return catalogue[code].status;
}

/** A refusal as an error for the HTTP edge; code and status are the refusal's. */
export function refusalToError(refusal: Refusal): KibanError {
  const { ja, en } = catalogue[refusal.code];
  const names = refusal.names.join(', ');
  const facts = [refusal.about, names].filter((fact) => fact !== '').join('; ');
  const detail: Localised = facts === '' ? { ja, en } : { ja: `${ja} (${facts})`, en: `${en} (${facts})` };
  return new KibanError({
    code: refusal.code,
    status: refusal.status,
    title: { ja, en },
    detail,
    extra: refusal.names.length === 0 ? {} : { names: refusal.names },
  });
}
