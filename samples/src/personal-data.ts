// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@kiban/core';

export type PersonalClass = 'name' | 'phone' | 'my-number' | 'email' | 'address';

export interface PersonalValue {
  readonly class: PersonalClass;
  readonly text: string;
}

const familyNames = ['水瀬', '綾城', '樫尾', '深見沢', '鳴海野', '千早原', '久遠寺', '柚木崎', '真壁谷', '七瀬川'];
const givenNames = ['遥斗', '美緒', '健悟', '沙也', '亮介', '千尋', '拓海', '由梨', '和真', '詩織'];

/** Invented people; numbers from the public formulas, never a real person's. */
export function personalValue(random: SeededRandom, kind: PersonalClass): PersonalValue {
  switch (kind) {
    case 'name':
      return {
        class: kind,
        text: `${random.pick(familyNames)}${random.pick(['', ' ', '　'])}${random.pick(givenNames)}`,
      };
    case 'phone': {
      const digits = `0${random.pick(['70', '80', '90'])}-${random.between(1000, 9999)}-${random.between(1000, 9999)}`;
      return { class: kind, text: random.chance(0.3) ? toFullWidth(digits) : digits };
    }
    case 'my-number': {
      const digits = myNumber(random);
      return {
        class: kind,
        text: random.chance(0.4) ? `${digits.slice(0, 4)}-${digits.slice(4, 8)}-${digits.slice(8)}` : digits,
      };
    }
    case 'email':
      return { class: kind, text: `user${random.between(100, 999)}@example.co.jp` };
    case 'address':
      return {
        class: kind,
        text: `架空県みなと市${random.pick(['青葉', '若松', '新港'])}町${random.between(1, 9)}-${random.between(1, 30)}-${random.between(1, 20)}`,
      };
  }
}

/** Check digit of the individual number: Order 85 of 2014 of the Ministry of Internal Affairs, article 5. */
export function myNumberCheckDigit(elevenDigits: string): number {
  let sum = 0;
  for (let n = 1; n <= 11; n += 1) sum += Number(elevenDigits[11 - n]) * (n <= 6 ? n + 1 : n - 5);
  const rest = sum % 11;
  return rest <= 1 ? 0 : 11 - rest;
}

function myNumber(random: SeededRandom): string {
  const digits = Array.from({ length: 11 }, () => random.below(10)).join('');
  return `${digits}${myNumberCheckDigit(digits)}`;
}

export function toFullWidth(text: string): string {
  return text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
}
