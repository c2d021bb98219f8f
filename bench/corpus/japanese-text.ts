// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';

const hiragana = [...'あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん'];
const katakana = [...'アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワンー'];
const particles = ['が', 'を', 'に', 'は', 'で', 'と', 'から', 'まで', 'より', 'の', 'へ', 'も'];
const endings = [
  'した。',
  'する。',
  'である。',
  'ました。',
  'している。',
  'を確認。',
  'なし。\n',
  'あり。\r\n',
  '（要確認）。',
  '、',
];

/** A made-up language with the shape of Japanese: words of a Zipf distribution (half of what is said comes from few of them), readings, units. */
export class JapaneseText {
  readonly #random: SeededRandom;
  readonly #words: string[];

  constructor(seed: string, wordCount = 200_000) {
    this.#random = new SeededRandom(seed);
    this.#words = Array.from({ length: wordCount }, () => this.#word());
  }

  /** Documents of some hundred characters each, until so many bytes of UTF-8 are there. */
  *documents(bytes: number): Generator<string> {
    for (let done = 0; done < bytes; ) {
      const sentences = Array.from({ length: 12 }, () => this.#sentence()).join('');
      done += Buffer.byteLength(sentences);
      yield sentences;
    }
  }

  #sentence(): string {
    const random = this.#random;
    const parts: string[] = [];
    for (let index = random.between(2, 6); index > 0; index -= 1) {
      parts.push(this.#words[this.#rank()]!, random.pick(particles));
      if (random.between(1, 6) === 1) parts.push(`${random.between(1, 1_999)}℃`);
    }
    parts.push(this.#words[this.#rank()]!, random.pick(endings));
    return parts.join('');
  }

  /** Log-uniform: the weight of rank r falls as 1/r. */
  #rank(): number {
    const uniform = this.#random.between(0, 999_999) / 1_000_000;
    return Math.min(this.#words.length - 1, Math.floor(this.#words.length ** uniform) - 1);
  }

  #word(): string {
    const random = this.#random;
    const kind = random.between(1, 10);
    const of = (letters: readonly string[], least: number, most: number) =>
      Array.from({ length: random.between(least, most) }, () => random.pick(letters)).join('');
    if (kind <= 6) {
      // Two thousand kanji from the block of common ones.
      const kanji = () => String.fromCharCode(0x4e00 + random.between(0, 1_999) * 10);
      const stem = Array.from({ length: random.between(1, 4) }, kanji).join('');
      return random.between(1, 3) === 1 ? stem + of(hiragana, 1, 2) : stem;
    }
    if (kind <= 8) return of(katakana, 2, 7);
    return kind === 9 ? of(hiragana, 2, 4) : of([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'], 2, 4);
  }
}
