// SPDX-License-Identifier: Apache-2.0

/** What the split looks at. Line ends are CR and LF; other white space is that of Unicode's property, with U+0085 and without U+FEFF. */
export const characterClass = { other: 0, letter: 1, number: 2, space: 3, lineEnd: 4 } as const;

const pages: (Uint8Array | undefined)[] = new Array(0x1100);

/** Class of a code point, by Unicode's properties as this process knows them; lone surrogates are `other`. */
export function classOf(codePoint: number): number {
  let page = pages[codePoint >> 8];
  if (page === undefined) {
    page = classPage(codePoint >> 8);
    pages[codePoint >> 8] = page;
  }
  return page[codePoint & 0xff]!;
}

function classPage(page: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, low) => {
    const codePoint = page * 256 + low;
    if (codePoint === 0x0a || codePoint === 0x0d) return characterClass.lineEnd;
    const character = String.fromCodePoint(codePoint);
    if (/^\p{L}$/u.test(character)) return characterClass.letter;
    if (/^\p{N}$/u.test(character)) return characterClass.number;
    return /^\p{White_Space}$/u.test(character) ? characterClass.space : characterClass.other;
  });
}
