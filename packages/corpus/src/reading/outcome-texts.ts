// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import { readableExtensions } from './file-formats.ts';
import type { FaultReason, RefusalReason } from './file-outcome.ts';

/** Why a file or entry gave nothing, and what to do where something can be done. */
export const refusalTexts: Readonly<Record<RefusalReason, Localised>> = {
  'empty-file': { ja: '0バイトです', en: 'it has 0 bytes' },
  'binary-file': { ja: '文章ではなくバイナリです', en: 'it is binary, not text' },
  'undecodable-bytes': { ja: '読める文字コードがありません', en: 'no known encoding fits its bytes' },
  'encoding-ambiguous': {
    ja: 'Shift_JIS と EUC-JP のどちらとも読めます。データセットの文字コードを指定してください',
    en: 'its bytes fit Shift_JIS and EUC-JP alike; name the encoding of the data set',
  },
  unreadable: { ja: '読み取れません。権限を確認してください', en: 'it cannot be read; check its permissions' },
  'passed-over-name': {
    ja: '名前が対象外です (ドットで始まるもの、OSが作るもの)',
    en: 'names like this are passed over (those that begin with a dot, those that systems make)',
  },
  'link-leaves-folder': { ja: 'フォルダの外を指すリンクです', en: 'it is a link that leaves the folder' },
  'link-to-folder': {
    ja: 'フォルダへのリンクです。中身は元の名前で読みます',
    en: 'it is a link to a folder, whose files are read under their own names',
  },
  'not-a-regular-file': { ja: '通常のファイルではありません', en: 'it is not a regular file' },
  'unsupported-format': {
    ja: `対応していない形式です (${readableExtensions} に対応)`,
    en: `its format is not supported (${readableExtensions} are)`,
  },
  'unsupported-compression': {
    ja: '対応していない圧縮方式です。通常のZIP (Deflate) で作り直してください',
    en: 'its compression method is not supported; make the archive again as a plain ZIP (Deflate)',
  },
  encrypted: {
    ja: 'パスワードで保護されています。解除して保存し直してください',
    en: 'it is protected by a password; save it without one',
  },
  'document-malformed': {
    ja: '壊れているか、名前の示す形式ではありません',
    en: 'it is damaged, or not what its name says',
  },
  'archive-malformed': { ja: '圧縮ファイルが壊れています', en: 'the archive is damaged' },
  'checksum-wrong': { ja: 'チェックサムが合いません', en: 'its checksum is wrong' },
  'entry-path-leaves-archive': { ja: '書庫の外を指すパスです', en: 'its path points out of the archive' },
  'entry-name-repeated': { ja: '同じ名前のものが書庫の前の方にあります', en: 'an entry of the same name came before' },
  'expands-too-much': { ja: '展開すると大きくなりすぎます', en: 'it decompresses to too much' },
  'too-many-entries': { ja: '書庫の中のファイルが多すぎます', en: 'the archive holds too many files' },
  'nested-too-deep': { ja: '入れ子が深すぎます', en: 'it is nested too deep' },
  'too-large-to-hold': {
    ja: '一度に読み込むには大きすぎます。分割してください',
    en: 'it is too large to be held in memory; split it',
  },
  'too-many-cells': { ja: 'セルが多すぎます。CSV で保存してください', en: 'it has too many cells; save it as CSV' },
  'too-many-pages': { ja: 'ページが多すぎます。分割してください', en: 'it has too many pages; split it' },
  'took-too-long': { ja: '読むのに時間がかかりすぎます', en: 'reading it took too long' },
  'took-too-much-memory': { ja: '読むのにメモリーを使いすぎます', en: 'reading it took too much memory' },
  'no-text-layer': {
    ja: '文字情報がありません (画像だけのPDF)。文字認識してから置いてください',
    en: 'it has no text layer (a scan); run character recognition on it first',
  },
  'no-text': { ja: '文章がありません', en: 'it holds no text' },
  'no-entry-kept': { ja: '使えるファイルが中にありません', en: 'none of the files in it can be used' },
  'nothing-usable': { ja: '使える箇所がありません', en: 'nothing in it can be used' },
};

/** Why a part of a file was dropped. */
export const faultTexts: Readonly<Record<FaultReason, Localised>> = {
  'undecodable-bytes': { ja: '読めないバイト', en: 'undecodable bytes' },
  'line-too-long': { ja: '長すぎる行', en: 'line too long' },
  'json-malformed': { ja: 'JSON の誤り', en: 'malformed JSON' },
  'json-too-deep': { ja: 'JSON の入れ子が深すぎる行', en: 'JSON nested too deep' },
  'record-malformed': { ja: '内容のない、または誤った記録', en: 'record without usable content' },
  'csv-row-malformed': { ja: 'CSV の行の誤り', en: 'malformed CSV row' },
  'csv-too-many-cells': { ja: '見出しより列が多い行', en: 'row with more cells than the heading' },
  'column-name-too-long': { ja: '長すぎる列名', en: 'column name too long' },
  'markup-malformed': { ja: 'XML の誤り。以降を除外', en: 'malformed XML, the rest is dropped' },
  'markup-too-deep': { ja: '要素の入れ子が深すぎ、以降を除外', en: 'elements nested too deep, the rest is dropped' },
  'entity-unknown': { ja: '展開しない実体参照', en: 'entity that is not expanded' },
  'part-malformed': { ja: '壊れた部分。以降を除外', en: 'damaged part, the rest of it is dropped' },
  'part-missing': { ja: '欠けている部分', en: 'missing part' },
  'paragraph-too-long': { ja: '長すぎる段落、セルまたはタグ', en: 'paragraph, cell or tag too long' },
  'page-unreadable': { ja: '読めないページ', en: 'unreadable page' },
  'page-without-text': { ja: '文字情報のないページ', en: 'page without text' },
  'entry-refused': { ja: '使えないファイル', en: 'unusable file' },
  'cut-short': { ja: '途中で打ち切り', en: 'reading ended early' },
  'read-failed': { ja: '途中で読み取りに失敗', en: 'reading failed midway' },
};
