// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Detection, detectEncoding, detectLegacy } from './detect-encoding.ts';
import { fatalDecoder } from './text-decoding.ts';
import type { TextEncoding } from './text-record.ts';

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

function name(found: Detection): string {
  return found.kind === 'text' ? found.encoding : found.kind;
}

function detected(bytes: Buffer, hint?: TextEncoding): string {
  return name(detectEncoding(bytes, { isWhole: true, hint }));
}

function legacy(bytes: Buffer, hint?: TextEncoding): string {
  return name(detectLegacy(bytes, { isWhole: true, hint }));
}

test('鋼板 in EUC-JP wins over the half-width kana that the same bytes are in Shift_JIS', () => {
  assert.equal(detected(hex('B9DD C8C4')), 'euc-jp');
});

test('bytes that only one of the two encodings can read are in that one', () => {
  assert.equal(detected(hex('C3BDC4')), 'cp932');
  assert.equal(detected(hex('8D7C 94C2')), 'cp932');
});

test('a true tie is left to the owner', () => {
  assert.equal(legacy(hex('C3BD C4B5')), 'ambiguous');
  assert.equal(detected(hex('D0D0 D0D0')), 'ambiguous');
  assert.equal(detected(hex('D0D0 D0D0'), 'euc-jp'), 'euc-jp');
  assert.equal(detected(hex('D0D0 D0D0'), 'cp932'), 'cp932');
});

test('a hint never overrules the bytes', () => {
  assert.equal(detected(Buffer.from('日本語'), 'cp932'), 'utf-8');
  assert.equal(detected(hex('B9DD C8C4'), 'cp932'), 'euc-jp');
});

test('the decoder reads vendor characters as Windows does', () => {
  const read = (bytes: string) => fatalDecoder('cp932').decode(hex(bytes));
  assert.equal(read('8740'), '①');
  assert.equal(read('FBFC'), '髙');
  assert.equal(read('EEE0'), '髙');
  assert.equal(read('F040'), '\ue000');
  assert.throws(() => read('A0'));
  assert.equal(read('8160 817C 8161'), '\uff5e\uff0d\u2225');
});

test('byte order marks, escapes and NUL patterns are recognised', () => {
  const text = '操業日報\nBF3　出銑 1,480℃\n';
  const wide = Buffer.from(text, 'utf16le');
  assert.equal(detected(Buffer.concat([hex('EFBBBF'), Buffer.from(text)])), 'utf-8');
  assert.equal(detected(Buffer.concat([hex('FFFE'), wide])), 'utf-16le');
  assert.equal(detected(wide), 'utf-16le');
  assert.equal(detected(Buffer.from(wide).swap16()), 'utf-16be');
  assert.equal(detected(Buffer.from('plain english text, all in lower case', 'utf16le')), 'utf-16le');
  assert.equal(detected(hex('1B2442 4B5C 1B2842')), 'iso-2022-jp');
  assert.equal(detected(Buffer.from('plain')), 'utf-8');
});

test('a sample that ends inside a character is read all the same', () => {
  const cut = (bytes: Buffer) => name(detectEncoding(bytes, { isWhole: false }));
  assert.equal(cut(Buffer.from('日本語').subarray(0, 8)), 'utf-8');
  assert.equal(cut(hex('8D7C 94C2 8D')), 'cp932');
});

test('one damaged line does not change the encoding of the rest', () => {
  const utf8 = Buffer.concat([Buffer.from('一行目は正しい\n'), hex('E381FF0A'), Buffer.from('三行目も正しい\n')]);
  assert.equal(detected(utf8), 'utf-8');
  const cp932 = hex('8D7C 94C2 0A 8D7C 94C2 0A 8D7C FFFF 0A');
  assert.equal(detected(cp932), 'cp932');
});

test('binary content is told by signature, NUL bytes or control bytes', () => {
  assert.deepEqual(detectEncoding(Buffer.from('%PDF-1.7\n'), { isWhole: true }), { kind: 'binary', looksLike: 'PDF' });
  assert.equal(detected(hex('7f00 0001 0203 ff00 8899')), 'binary');
  assert.equal(detected(hex('0102 0304 0506 0708')), 'binary');
});

test('ISO-2022-JP with half-width kana and with JIS-Roman is read', () => {
  assert.equal(detected(hex('1B2849 3D434A 1B2842')), 'iso-2022-jp');
  const read = (bytes: string) => fatalDecoder('iso-2022-jp').decode(hex(bytes));
  assert.equal(read('1B2849 3D434A 1B2842'), 'ｽﾃﾊ');
  assert.equal(read('1B284A 5C 1B2842'), '\u00a5');
});

test('bytes that no legacy encoding has are fatal in it', () => {
  for (const lone of ['80', 'A0']) assert.throws(() => fatalDecoder('cp932').decode(hex(lone)));
  assert.throws(() => fatalDecoder('euc-jp').decode(hex('C3BDC4')));
  assert.equal(fatalDecoder('cp932').decode(hex('C3BDC4')), 'ﾃｽﾄ');
});

test('the wave dash and its kin come out as Windows has them', () => {
  assert.equal(
    fatalDecoder('cp932').decode(hex('8160 817C 8161 8191 8192 81CA')),
    '\uff5e\uff0d\u2225\uffe0\uffe1\uffe2',
  );
  assert.equal(fatalDecoder('euc-jp').decode(hex('A1C1 A1DD A1C2')), '\uff5e\uff0d\u2225');
});
