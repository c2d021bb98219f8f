// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import type { FaultReason, FileOutcome, RefusalReason } from './file-outcome.ts';

const refusals: Readonly<Record<RefusalReason, Localised>> = {
  'empty-file': { ja: '0バイトです', en: 'it has 0 bytes' },
  'binary-file': { ja: '文章ではなくバイナリです', en: 'it is binary, not text' },
  'undecodable-bytes': { ja: '読める文字コードがありません', en: 'no known encoding fits its bytes' },
  'encoding-ambiguous': {
    ja: 'Shift_JIS と EUC-JP のどちらとも読めます。データセットの文字コードを指定してください',
    en: 'its bytes fit Shift_JIS and EUC-JP alike; name the encoding of the data set',
  },
  unreadable: { ja: '読み取れません。権限を確認してください', en: 'it cannot be read; check its permissions' },
  'link-leaves-folder': { ja: 'フォルダの外を指すリンクです', en: 'it is a link that leaves the folder' },
  'not-a-regular-file': { ja: '通常のファイルではありません', en: 'it is not a regular file' },
  'unsupported-format': {
    ja: '対応していない形式です (.txt .md .jsonl .csv .html に対応)',
    en: 'its format is not supported (.txt .md .jsonl .csv .html are)',
  },
  'no-text': { ja: '文章がありません', en: 'it holds no text' },
  'nothing-usable': { ja: '使える行がありません', en: 'none of its lines can be used' },
};

const faultTexts: Readonly<Record<FaultReason, Localised>> = {
  'undecodable-bytes': { ja: '読めないバイト', en: 'undecodable bytes' },
  'line-too-long': { ja: '長すぎる行', en: 'line too long' },
  'json-malformed': { ja: 'JSON の誤り', en: 'malformed JSON' },
  'record-malformed': { ja: 'text も messages もない行', en: 'line with neither text nor messages' },
  'csv-row-malformed': { ja: 'CSV の行の誤り', en: 'malformed CSV row' },
  'csv-too-many-cells': { ja: '見出しより列が多い行', en: 'row with more cells than the heading' },
  'read-failed': { ja: '途中で読み取りに失敗', en: 'reading failed midway' },
};

/** One line for a person: the file, what became of it, and the first place where something was dropped. */
export function describeOutcome(outcome: FileOutcome): Localised {
  const { path, reason, detail, faultCount, faults, records } = outcome;
  const first = faults[0];
  const more = detail === null ? '' : ` (${detail})`;
  const place: Localised = first
    ? {
        ja: `。最初の箇所: ${first.line}行目 (${first.offset}バイト目) ${faultTexts[first.reason].ja}`,
        en: `. First place: line ${first.line} (byte offset ${first.offset}), ${faultTexts[first.reason].en}`,
      }
    : { ja: '', en: '' };
  if (reason !== null) {
    const why = refusals[reason];
    return { ja: `${path}: ${why.ja}${more}${place.ja}`, en: `${path}: ${why.en}${more}${place.en}` };
  }
  if (faultCount === 0) return { ja: `${path}: ${records}件を採用`, en: `${path}: ${records} records kept` };
  return {
    ja: `${path}: ${records}件を採用、${faultCount}箇所を除外${more}${place.ja}`,
    en: `${path}: ${records} records kept, ${faultCount} places dropped${more}${place.en}`,
  };
}
