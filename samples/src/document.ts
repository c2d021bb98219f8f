// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';
import { type PersonalClass, personalValue, toFullWidth } from './personal-data.ts';

export interface PersonalSpan {
  readonly class: PersonalClass;
  /** UTF-16 offsets into the document, [start, end). */
  readonly start: number;
  readonly end: number;
}

export interface SampleDocument {
  /** Kind of document, for the file's name. */
  readonly kind: string;
  readonly extension: '.txt' | '.md' | '.csv' | '.html';
  readonly text: string;
  readonly personal: readonly PersonalSpan[];
}

/** Builds a text and remembers where invented personal data stand in it. */
export class TextBuilder {
  readonly #random: SeededRandom;
  readonly #spans: PersonalSpan[] = [];
  #text = '';

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  line(text = ''): this {
    this.#text += `${text}\n`;
    return this;
  }

  add(text: string): this {
    this.#text += text;
    return this;
  }

  person(kind: PersonalClass): this {
    const value = personalValue(this.#random, kind);
    this.#spans.push({ class: kind, start: this.#text.length, end: this.#text.length + value.text.length });
    this.#text += value.text;
    return this;
  }

  finish(kind: string, extension: SampleDocument['extension'] = '.txt'): SampleDocument {
    return { kind, extension, text: this.#text, personal: this.#spans };
  }
}

/** A date as people in offices write it: western, era, short, full width. */
export function writtenDate(random: SeededRandom): string {
  const month = random.between(1, 12);
  const day = random.between(1, 28);
  const year = random.between(2024, 2026);
  return random.pick([
    `${year}年${month}月${day}日`,
    `令和${year - 2018}年${month}月${day}日`,
    `R${year - 2018}.${month}.${day}`,
    `${year}/${String(month).padStart(2, '0')}/${String(day).padStart(2, '0')}`,
    toFullWidth(`${month}/${day}`),
  ]);
}

/** A number as it is typed: half width, full width, or with a thousands separator. */
export function writtenNumber(random: SeededRandom, value: number): string {
  const plain = value >= 1_000 && random.chance(0.4) ? value.toLocaleString('en') : String(value);
  return random.chance(0.2) ? toFullWidth(plain) : plain;
}
