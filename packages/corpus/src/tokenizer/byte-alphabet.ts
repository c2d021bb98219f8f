// SPDX-License-Identifier: Apache-2.0

/** GPT-2's printable stand-ins for the 256 bytes: how tokens are written in tokenizer.json and GGUF (space is Ġ, line feed Ċ). */
const byteCharacters: readonly string[] = buildAlphabet();

function buildAlphabet(): string[] {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

export function bytesToAlphabet(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byteCharacters[byte];
  return text;
}
