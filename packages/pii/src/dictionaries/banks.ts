// SPDX-License-Identifier: Apache-2.0
// Facts compiled by hand: words that name a bank in front of a branch and an account.

/** What the name of a Japanese deposit-taking institution ends with. */
export const bankWords: readonly string[] = [
  '銀行',
  '信用金庫',
  '信金',
  '信用組合',
  '信組',
  '労働金庫',
  '農協',
  '農業協同組合',
  'バンク',
];
/** Kinds of account as they stand before its number. */
export const accountKinds: readonly string[] = ['普通', '当座', '貯蓄'];
