// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';

/** What a node refuses, in one place. Codes are stable. */
export const problems = {
  notFound: (what: string) =>
    new KibanError({
      code: 'not-found',
      status: 404,
      title: { ja: '見つかりません', en: 'Not found' },
      detail: { ja: `${what} はありません。`, en: `There is no ${what}.` },
    }),
  requestInvalid: (faults: string) =>
    new KibanError({
      code: 'request-invalid',
      status: 422,
      title: { ja: '要求に誤りがあります', en: 'The request has faults' },
      detail: faults,
    }),
  notJoined: () =>
    new KibanError({
      code: 'not-joined',
      status: 409,
      title: { ja: '連合に参加していません', en: 'Not a member of a coalition' },
      detail: {
        ja: 'まず kiban node join で、ハブの運用者から受け取った招待を使って参加してください。',
        en: 'Join first with kiban node join and the invitation that the hub’s operator gave you.',
      },
    }),
  alreadyJoined: (coalition: string) =>
    new KibanError({
      code: 'already-joined',
      status: 409,
      title: { ja: 'すでに参加しています', en: 'Already a member' },
      detail: {
        ja: `このノードは連合 ${coalition} に参加しています。`,
        en: `This node belongs to the coalition ${coalition}.`,
      },
    }),
  dataSetExists: (id: string) =>
    new KibanError({
      code: 'data-set-exists',
      status: 409,
      title: { ja: '同じ名前のデータセットがあります', en: 'A data set of that name exists' },
      detail: {
        ja: `${id} は登録済みです。別の名前にするか、先に削除してください。`,
        en: `${id} is registered. Choose another name, or remove it first.`,
      },
    }),
  dataSetInUse: (id: string, programme: string) =>
    new KibanError({
      code: 'data-set-in-use',
      status: 409,
      title: { ja: 'データセットは使用中です', en: 'The data set is in use' },
      detail: {
        ja: `${id} はプログラム ${programme} で承認されています。プログラムが終わってから削除してください。`,
        en: `${id} is approved for programme ${programme}. Remove it when the programme has ended.`,
      },
    }),
  dataClassTooHigh: (id: string, dataClass: string, maximum: string) =>
    new KibanError({
      code: 'data-class-too-high',
      status: 403,
      title: { ja: '機密区分が計画の上限を超えます', en: 'The data class is above what the plan allows' },
      detail: {
        ja: `${id} は ${dataClass} ですが、計画で使えるのは ${maximum} までです。`,
        en: `${id} is ${dataClass}; the plan allows up to ${maximum}.`,
      },
    }),
  noDataSets: () =>
    new KibanError({
      code: 'no-data-sets',
      status: 422,
      title: { ja: 'データセットがありません', en: 'There is no data set' },
      detail: {
        ja: '承認するデータセットを指定してください。kiban data add で登録できます。',
        en: 'Name the data sets to approve; kiban data add registers them.',
      },
    }),
  baseNotTrusted: (detail: string) =>
    new KibanError({
      code: 'base-not-trusted',
      status: 409,
      title: { ja: '指示が承認と一致しません', en: 'The instruction does not match the approval' },
      detail,
    }),
  shardsSentAgain: () =>
    new KibanError({
      code: 'shards-sent-again',
      status: 503,
      title: { ja: '失われた断片を送り直しました', en: 'Shards that the hub had lost were sent again' },
      retryable: true,
    }),
  uploadCorrupted: (instance: string) =>
    new KibanError({
      code: 'upload-corrupted',
      status: 409,
      title: { ja: '送信が繰り返し壊れています', en: 'The upload is corrupted again and again' },
      detail: {
        ja: `${instance} のシャードが、何度送っても壊れて届きます。このマシンのメモリと、ハブまでの経路を調べてください。`,
        en: `A shard of ${instance} arrives corrupted however often it is sent. Check this machine's memory and the way to the hub.`,
      },
    }),
  updateChanged: (instance: string) =>
    new KibanError({
      code: 'update-changed',
      status: 409,
      title: { ja: '手元の更新が変わっています', en: 'The update on this disk has changed' },
      detail: {
        ja: `${instance} の更新ファイルが、先に送ったものと違います。同じマスクでは送らず、この試行を終えます。`,
        en: `The update file of ${instance} is not the one that was sent first. It is not sent under the same masks; this attempt ends here.`,
      },
    }),
} as const;
