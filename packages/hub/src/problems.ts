// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';

/** What the hub refuses, in one place. Codes are stable; "not found" and "not yours" read alike. */
export const problems = {
  notFound: (what: string) =>
    new KibanError({
      code: 'not-found',
      status: 404,
      title: { ja: '見つかりません', en: 'Not found' },
      detail: { ja: `${what} はありません。`, en: `There is no ${what}.` },
    }),
  releaseNotFound: (name: string, known: readonly string[]) =>
    new KibanError({
      code: 'release-not-found',
      status: 404,
      title: { ja: 'リリースがありません', en: 'There is no such release' },
      detail: {
        ja: `リリース ${name} はありません。あるもの: ${known.join('、') || 'なし'}`,
        en: `There is no release ${name}. Known releases: ${known.join(', ') || 'none'}`,
      },
    }),
  invitationRefused: () =>
    new KibanError({
      code: 'invitation-refused',
      status: 403,
      title: { ja: '招待が使えません', en: 'The invitation cannot be used' },
      detail: {
        ja: '招待が誤っているか、使用済みか、期限切れか、別の組織あてです。ハブの運用者に新しい招待を頼んでください。',
        en: 'It is wrong, used, expired, or for another organisation. Ask the operator of the hub for a new one.',
      },
    }),
  alreadyMember: (organisation: string) =>
    new KibanError({
      code: 'already-member',
      status: 409,
      title: { ja: '組織はすでに参加しています', en: 'The organisation is a member already' },
      detail: {
        ja: `${organisation} は別の鍵ですでに参加しています。`,
        en: `${organisation} is a member already, with another key.`,
      },
    }),
  requestInvalid: (faults: string) =>
    new KibanError({
      code: 'request-invalid',
      status: 422,
      title: { ja: '要求に誤りがあります', en: 'The request has faults' },
      detail: faults,
    }),
  programmeExists: (programme: string) =>
    new KibanError({
      code: 'programme-exists',
      status: 409,
      title: { ja: '同じ名前のプログラムがあります', en: 'A programme of that name exists' },
      detail: {
        ja: `プログラム ${programme} はすでに提案されています。計画の programme を別の名前にしてください。`,
        en: `Programme ${programme} has been proposed already. Give the plan another \`programme\` name.`,
      },
    }),
  participantsUnknown: (names: readonly string[]) =>
    new KibanError({
      code: 'participants-unknown',
      status: 422,
      title: { ja: '参加していない組織が計画にあります', en: 'The plan names organisations that are not members' },
      detail: {
        ja: `participants のうち未参加: ${names.join('、')}。先に招待し、参加してもらってください。`,
        en: `Not members yet (participants): ${names.join(', ')}. Invite them and let them join first.`,
      },
    }),
  wrongPhase: (programme: string, phase: string, wanted: string) =>
    new KibanError({
      code: 'wrong-phase',
      status: 409,
      title: { ja: 'いまはできません', en: 'Not possible in this phase' },
      detail: {
        ja: `プログラム ${programme} は ${phase} です。${wanted} のときだけできます。`,
        en: `Programme ${programme} is ${phase}; this needs ${wanted}.`,
      },
    }),
  approvalsMissing: (missing: readonly string[], refused: readonly string[]) =>
    new KibanError({
      code: 'approvals-missing',
      status: 409,
      title: { ja: '承認がそろっていません', en: 'Approvals are missing' },
      detail: {
        ja: `未回答: ${missing.join('、') || 'なし'}。拒否: ${refused.join('、') || 'なし'}。全参加者の承認が要ります。`,
        en: `No answer: ${missing.join(', ') || 'none'}. Refused: ${refused.join(', ') || 'none'}. Every participant must approve.`,
      },
    }),
  planMismatch: () =>
    new KibanError({
      code: 'plan-mismatch',
      status: 409,
      title: { ja: '計画が異なります', en: 'Another plan was meant' },
      detail: {
        ja: '決定は別の計画に対するものです。最新の計画を確認してから、もう一度決定してください。',
        en: 'The decision is about another plan text. Read the current plan and decide again.',
      },
    }),
  tokenizerDiffers: () =>
    new KibanError({
      code: 'tokenizer-differs',
      status: 409,
      title: { ja: 'トークナイザが合意と異なります', en: 'Not the tokenizer that was agreed' },
      detail: {
        ja: '開始モデルは、参加組織が合意したトークナイザで学習してください。',
        en: 'The start model must be trained with the tokenizer that the members agreed on.',
      },
    }),
  tokensNotAgreed: (programme: string) =>
    new KibanError({
      code: 'tokens-not-agreed',
      status: 404,
      title: { ja: 'トークンの一覧はありません', en: 'There is no list of tokens' },
      detail: {
        ja: `プログラム ${programme} のトークナイザは公開コーパスだけから作られるか、まだ合意されていません。`,
        en: `Programme ${programme} takes its tokenizer from the public corpus alone, or has not agreed on it yet.`,
      },
    }),
  attemptOver: (reason: string) =>
    new KibanError({
      code: 'attempt-over',
      status: 410,
      title: { ja: 'この試行は終わりました', en: 'This attempt is over' },
      detail: reason,
    }),
  shardCutOff: (cause: unknown) =>
    new KibanError({
      code: 'shard-cut-off',
      status: 400,
      title: { ja: 'シャードの受信が途中で切れました', en: 'The shard broke off' },
      retryable: true,
      cause,
    }),
  shardCorrupted: () =>
    new KibanError({
      code: 'shard-corrupted',
      status: 422,
      title: { ja: 'シャードが途中で壊れました', en: 'The shard was corrupted on its way' },
      detail: {
        ja: '届いた内容が、署名されたダイジェストと一致しません。',
        en: 'What arrived does not have the digest that was signed.',
      },
      retryable: true,
    }),
  receptionsFull: () =>
    new KibanError({
      code: 'receptions-full',
      status: 503,
      title: { ja: 'いまは受け取れません', en: 'Not just now' },
      detail: {
        ja: '同時に受信できるシャードの数に達しました。少し待ってから、同じものを送ってください。',
        en: 'As many shards as fit are being received. Send the same one again in a moment.',
      },
      retryable: true,
      extra: { retryAfterSeconds: 1 },
    }),
  shardRefused: (detail: string, status: 409 | 410 | 413 | 422) =>
    new KibanError({
      code: 'shard-refused',
      status,
      title: { ja: 'シャードを受け取れません', en: 'The shard was refused' },
      detail,
    }),
} as const;
