// SPDX-License-Identifier: Apache-2.0

/** GPT-2's printable stand-ins for the 256 bytes: how tokens are written in tokenizer.json and GGUF (space is Ġ, line feed Ċ). */
export const byteCharacters: readonly string[] = buildAlphabet();

const byteOfCharacter: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((character, byte) => [character, byte]),
);

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

export function alphabetToBytes(text: string): Uint8Array {
  return Uint8Array.from([...text], (character) => byteOfCharacter.get(character) ?? 0);
}
