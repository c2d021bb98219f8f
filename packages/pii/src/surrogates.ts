// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import type { Sealed } from '@kiban/core';
import { foldKanji } from './dictionaries/kanji-variants.ts';
import { prefectures } from './dictionaries/places.ts';
import { surnames } from './dictionaries/surnames.ts';
import { surrogateKeyTooShort } from './problems.ts';

/** Who makes the fictitious values, and for which document. */
export interface SurrogateSource {
  /** Of the node, 32 bytes or more; never leaves it. */
  readonly key: Sealed<Uint8Array>;
  /** The same value in the same document gives the same surrogate; in another document nothing connects the two. */
  readonly documentId: string;
}

/** Made up so that no family name or place has them. */
const heads = [...'霧碧朱紫琥翠瑠銀暁宵虹霞雫汐凪霜露菫蛍橙藍茜楡櫂帆灯琴笛譜玻絹絃'];
const familyTails = [
  '野路',
  '乃瀬',
  '伊沢',
  '奈原',
  '羽辺',
  '見坂',
  '由木',
  '佐里',
  '歌浜',
  '葉塚',
  '曽根路',
  '守尾',
  '弥崎',
  '立浦',
  '之宮',
  '結城路',
];
const givenHeads = [...'灯汐凪霧澄燈珀琥瑛律暁蒼颯柚楓櫂'];
const givenTails = ['乃', '弥', '哉', '斗', '緒', '帆', '希', '羽', '音', '葉', '士', '埜', '稀', '都', '穂', '月'];
const kana = [...'キミルネヒロセナユメタカシラモ'];
const townTails = ['里', '丘', '浜路', '野辺', '原見', '坂上', '瀬戸路', '森下路'];

/** A fictitious value of a class that has them, or undefined. @throws KibanError `surrogate-key-too-short` (422) */
export function surrogateFor(name: string, value: string, source: SurrogateSource): string | undefined {
  if (source.key.open().length < 32) throw surrogateKeyTooShort();
  const plain = foldKanji(value.normalize('NFKC'));
  if (name === 'person-name') return personSurrogate(plain, source);
  if (name === 'address') return addressSurrogate(plain, source);
  return undefined;
}

/** Family and given name are replaced apart, so that 田中 and 田中健太 of one document stay one family. */
function personSurrogate(plain: string, source: SurrogateSource): string {
  const { family, gap, given } = splitName(plain);
  const draw = drawer(source, 'family', family);
  if (/^[ァ-ヶーぁ-ん・ ]+$/.test(plain)) {
    const one = `${kana[draw(kana.length)]}${kana[draw(kana.length)]}ノ`;
    const second = drawer(source, 'given', given);
    return given === '' ? one : `${one}${gap}${kana[second(kana.length)]}${kana[second(kana.length)]}`;
  }
  const first = `${heads[draw(heads.length)]}${familyTails[draw(familyTails.length)]}`;
  if (given === '') return first;
  const second = drawer(source, 'given', given);
  return `${first}${gap}${givenHeads[second(givenHeads.length)]}${givenTails[second(givenTails.length)]}`;
}

function splitName(plain: string): { readonly family: string; readonly gap: string; readonly given: string } {
  const parts = /^(\S+?)([ ・])(.+)$/.exec(plain);
  if (parts !== null) return { family: parts[1]!, gap: parts[2]!, given: parts[3]! };
  for (let length = Math.min(4, plain.length); length >= 1; length -= 1)
    if (surnames.has(plain.slice(0, length)))
      return { family: plain.slice(0, length), gap: '', given: plain.slice(length) };
  return { family: plain, gap: '', given: '' };
}

/** The prefecture stays; the rest is nowhere. */
function addressSurrogate(plain: string, source: SurrogateSource): string {
  const prefecture = prefectures.find((one) => plain.startsWith(one)) ?? '';
  const draw = drawer(source, 'address', plain.replace(/\s/g, ''));
  const city = `${heads[draw(heads.length)]}${townTails[draw(townTails.length)]}市`;
  const town = `${heads[draw(heads.length)]}${townTails[draw(townTails.length)]}`;
  return `${prefecture}${city}${town}${1 + draw(9)}-${1 + draw(30)}-${1 + draw(20)}`;
}

/** Numbers below a bound from HMAC-SHA256(key, kind, document, value); each field with its length in front. */
function drawer(source: SurrogateSource, kind: string, value: string): (bound: number) => number {
  const hmac = createHmac('sha256', source.key.open());
  for (const field of ['kiban/pii-surrogate/1', kind, source.documentId, value]) {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  const digest = hmac.digest();
  let at = 0;
  return (bound) => {
    const drawn = digest.readUInt32BE(at % 28) % bound;
    at += 4;
    return drawn;
  };
}
