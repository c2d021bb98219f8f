// SPDX-License-Identifier: Apache-2.0

/**
 * The characters by which byte-level BPE vocabularies write bytes (GPT-2): printable Latin-1 stands for itself, the other 68 bytes are
 * U+0100 and following, in order.
 */
export const byteOfCharacter: ReadonlyMap<string, number> = makeAlphabet();

function makeAlphabet(): ReadonlyMap<string, number> {
  const alphabet = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    alphabet.set(String.fromCharCode(printable ? byte : next), byte);
    if (!printable) next += 1;
  }
  return alphabet;
}
