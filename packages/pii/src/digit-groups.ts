// SPDX-License-Identifier: Apache-2.0

/** Runs of ASCII digits of a region, in order; the arrays are used again for the next region. */
export class DigitGroups {
  count = 0;
  readonly from: number[] = [];
  readonly to: number[] = [];

  read(text: string, from: number, to: number): void {
    this.count = 0;
    for (let index = from; index < to; ) {
      const unit = text.charCodeAt(index);
      if (unit < 48 || unit > 57) {
        index += 1;
        continue;
      }
      const start = index;
      do index += 1;
      while (index < to && isDigit(text.charCodeAt(index)));
      this.from[this.count] = start;
      this.to[this.count] = index;
      this.count += 1;
    }
  }

  lengthOf(group: number): number {
    return this.to[group]! - this.from[group]!;
  }
}

export function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

export function isLatinLetter(unit: number): boolean {
  return (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122);
}

/** Latin words that may touch the number they announce. */
const announcing = /(?:tel|fax|no|id|phone|mobile|card)$/i;

/** Whether a number beginning at `from` is whole: no letter, and no part of a longer code, a decimal or a time, touches it. */
export function beginsAlone(text: string, from: number): boolean {
  const unit = text.charCodeAt(from - 1);
  if (isLatinLetter(unit)) return announcing.test(text.slice(Math.max(0, from - 7), from));
  const previous = text.charCodeAt(from - 2);
  switch (text[from - 1]) {
    case '-':
    case '_':
      return !(isDigit(previous) || isLatinLetter(previous));
    case '.':
    case '/':
    case ':':
      return !isDigit(previous);
    case '+':
    case '¥':
    case '$':
    case '#':
    case '±':
      return false;
    default:
      return true;
  }
}

const unitBehind = /^ ?(?:円|個|本|枚|台|件|名|人|回|%|℃|°|度|年|時|分|秒|日|キロ|トン|ミリ|番地|丁目|号機|[A-Za-z])/;

/** Whether a number ending at `to` is whole; see {@link beginsAlone}. Quantities, which a unit follows, are not numbers of persons. */
export function endsAlone(text: string, to: number): boolean {
  const next = text.charCodeAt(to + 1);
  switch (text[to]) {
    case undefined:
    case '\n':
      return true;
    case '-':
    case '_':
      return !(isDigit(next) || isLatinLetter(next));
    case '.':
    case '/':
    case ':':
      return !isDigit(next);
    default:
      return !unitBehind.test(text.slice(to, to + 4)) || /^ [A-Za-z]/.test(text.slice(to, to + 2));
  }
}
