// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';

export function modelNotFound(model: string): KibanError {
  const shown = model.length > 100 ? `${model.slice(0, 100)}…` : model;
  return new KibanError({
    code: 'model-not-found',
    status: 404,
    title: { ja: 'モデルが見つかりません', en: 'Model not found' },
    detail: {
      ja: `モデル「${shown}」は提供していません。GET /v1/models で一覧を確認してください。`,
      en: `The model '${shown}' is not served here. See GET /v1/models for those that are.`,
    },
    extra: { param: 'model' },
  });
}

export function contextLengthExceeded(promptTokens: number, contextLength: number): KibanError {
  return new KibanError({
    code: 'context-length-exceeded',
    status: 400,
    title: { ja: '入力が長すぎます', en: 'Prompt too long' },
    detail: {
      ja: `入力は ${promptTokens} トークンですが、このモデルの文脈長は回答分を含めて ${contextLength} トークンです。入力を短くしてください。`,
      en: `The prompt has ${promptTokens} tokens; this model's context is ${contextLength} tokens, the answer included. Shorten the prompt.`,
    },
  });
}

export function promptEmpty(): KibanError {
  return new KibanError({
    code: 'prompt-empty',
    status: 400,
    title: { ja: '入力が空です', en: 'Prompt empty' },
    detail: { ja: '入力に少なくとも 1 トークンが必要です。', en: 'The prompt must have at least one token.' },
  });
}

export function promptTokenInvalid(vocabularySize: number): KibanError {
  return new KibanError({
    code: 'prompt-token-invalid',
    status: 400,
    title: { ja: 'トークン ID が範囲外です', en: 'Token id out of range' },
    detail: {
      ja: `トークン ID は 0 以上 ${vocabularySize} 未満の整数です。`,
      en: `Token ids are integers from 0 to below ${vocabularySize}.`,
    },
    extra: { param: 'prompt' },
  });
}

export function chatTemplateMissing(model: string): KibanError {
  return new KibanError({
    code: 'chat-template-missing',
    status: 400,
    title: { ja: 'チャット形式がありません', en: 'No chat template' },
    detail: {
      ja: `モデル「${model}」にはチャットテンプレートがありません。/v1/completions を使ってください。`,
      en: `The model '${model}' has no chat template. Use /v1/completions.`,
    },
    extra: { param: 'model' },
  });
}

export function chatTemplateRefused(reason: string): KibanError {
  return new KibanError({
    code: 'chat-template-refused',
    status: 400,
    title: { ja: 'この会話は表現できません', en: 'Messages not accepted by the chat template' },
    detail: {
      ja: `モデルのチャットテンプレートがこのメッセージ列を受け付けません: ${reason}`,
      en: `The model's chat template does not accept these messages: ${reason}`,
    },
    extra: { param: 'messages' },
  });
}

/** The queue is full. `extra.retryAfterMs` says when to ask again. */
export function engineBusy(retryAfterMs: number): KibanError {
  return new KibanError({
    code: 'engine-busy',
    status: 429,
    title: { ja: '混み合っています', en: 'Too many requests' },
    detail: {
      ja: '推論の待ち行列が一杯です。少し待って再試行してください。',
      en: 'The inference queue is full. Wait a little and try again.',
    },
    retryable: true,
    extra: { retryAfterMs },
  });
}

/** The engine is closed, or failed in a way that is not the request's fault. */
export function engineUnavailable(cause?: unknown): KibanError {
  return new KibanError({
    code: 'engine-unavailable',
    status: 503,
    title: { ja: '推論エンジンが利用できません', en: 'Inference engine unavailable' },
    detail: {
      ja: '推論エンジンが停止しているか、処理に失敗しました。運用者に連絡してください。',
      en: 'The inference engine is stopped or failed on this request. Tell the operator.',
    },
    retryable: true,
    cause,
  });
}
