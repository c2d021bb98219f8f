// SPDX-License-Identifier: Apache-2.0

const longestTokenCharacters = 8;

/** Whole characters, at most 8, or a part of one: "half a character and then another" wastes an id. */
export function isAllowedToken(token: Uint8Array): boolean {
  const starts = token.reduce((sum, byte) => sum + ((byte & 0xc0) === 0x80 ? 0 : 1), 0);
  const startsInside = (token[0]! & 0xc0) === 0x80;
  if (startsInside) return starts === 0;
  if (starts === 1) return true;
  return isWholeCharacters(token) && starts <= longestTokenCharacters;
}

/** Valid UTF-8, so that the token has a text of its own. */
export function isWholeCharacters(token: Uint8Array): boolean {
  const bytes = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);
}
