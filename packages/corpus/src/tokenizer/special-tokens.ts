// SPDX-License-Identifier: Apache-2.0

/** Ids of the named control tokens; they are the same in every vocabulary of Kiban. */
export const specialIds = {
  padding: 0,
  begin: 1,
  end: 2,
  system: 3,
  user: 4,
  assistant: 5,
  tool: 6,
  endOfTurn: 7,
  fillPrefix: 8,
  fillMiddle: 9,
  fillSuffix: 10,
  seriesBegin: 11,
  seriesEnd: 12,
  tableBegin: 13,
  tableEnd: 14,
} as const;

const names = [
  '<|pad|>',
  '<|begin|>',
  '<|end|>',
  '<|system|>',
  '<|user|>',
  '<|assistant|>',
  '<|tool|>',
  '<|eot|>',
  '<|fim_prefix|>',
  '<|fim_middle|>',
  '<|fim_suffix|>',
  '<|ts|>',
  '<|/ts|>',
  '<|table|>',
  '<|/table|>',
] as const;

/** Control tokens come first, then the bytes: byte `b` is token `specialCount + b`. A small vocabulary has few (17 in reserve), as each costs a row of the embedding. */
export const embeddedSpecialCount = 32;

/** Control tokens in the coalition's vocabulary (241 in reserve). */
export const coalitionSpecialCount = 256;

/** Text of a control token. */
export function specialName(id: number): string {
  return names[id] ?? `<|reserved_${id}|>`;
}
