// SPDX-License-Identifier: Apache-2.0
import { prefectureRows } from './municipalities.ts';

export const prefectures: readonly string[] = Object.keys(prefectureRows);

/** 千代田区, 霞ヶ浦 and so on are typed with ヶ, ケ or が. */
export function foldPlace(name: string): string {
  return name.replace(/[ヶケヵが]/g, 'ヶ').replace(/[ノの]/g, 'ノ');
}

const all = Object.values(prefectureRows).flatMap((row) =>
  Object.entries(row).flatMap(([suffix, names]) => names.split(' ').map((name: string) => foldPlace(name + suffix))),
);

/** Every municipality and ward of Tokyo, folded by {@link foldPlace}. */
export const municipalities: ReadonlySet<string> = new Set(all);
export const longestMunicipality = Math.max(...all.map((name) => name.length));

/** 北区, 港区, 森町: in a plant these are also parts of the yard. */
export function isVagueMunicipality(name: string): boolean {
  return (name.length === 2 && !name.endsWith('市')) || name === '中央区';
}
