// SPDX-License-Identifier: Apache-2.0
import type { DecodingPort, PortDecoding } from '../decoding-port.ts';

const kanjiIn = 0x0e;
const kanjiOut = 0x0f;

/** EBCDIC letters, digits and a few marks: enough for tests. */
const singles: ReadonlyMap<number, string> = new Map<number, string>([
  [0x40, ' '],
  [0x4b, '.'],
  [0x60, '-'],
  ...[...'ABCDEFGHI'].map((letter, index) => [0xc1 + index, letter] as const),
  ...[...'JKLMNOPQR'].map((letter, index) => [0xd1 + index, letter] as const),
  ...[...'STUVWXYZ'].map((letter, index) => [0xe2 + index, letter] as const),
  ...[...'0123456789'].map((digit, index) => [0xf0 + index, digit] as const),
]);

/** A made-up mainframe encoding for tests: EBCDIC, and between SO and SI two bytes a character, JIS X 0208 with the high bits set. */
export const shiftCodedPort: DecodingPort = {
  name: 'test-shift-coded',
  decode(bytes): PortDecoding {
    const errors: { offset: number }[] = [];
    const double = new TextDecoder('euc-jp', { fatal: true });
    let text = '';
    let shifted = false;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (byte === kanjiIn || byte === kanjiOut) shifted = byte === kanjiIn;
      else if (shifted) {
        try {
          if (byte < 0xa1) throw new RangeError();
          text += double.decode(bytes.subarray(at, at + 2));
        } catch {
          errors.push({ offset: at });
        }
        at += 1;
      } else {
        const character = singles.get(byte);
        if (character === undefined) errors.push({ offset: at });
        else text += character;
      }
    }
    return { text, errors };
  },
};
