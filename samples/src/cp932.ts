// SPDX-License-Identifier: Apache-2.0

let table: Map<string, Buffer> | undefined;

/** CP932 bytes of a text; characters that it does not have become 〓. The table is the inverse of the platform's own decoder. */
export function encodeCp932(text: string): Buffer {
  table ??= inverseTable();
  const parts: Buffer[] = [];
  for (const character of text) parts.push(table.get(character) ?? Buffer.from([0x81, 0xac]));
  return Buffer.concat(parts);
}

function inverseTable(): Map<string, Buffer> {
  const decoder = new TextDecoder('shift_jis', { fatal: true });
  const map = new Map<string, Buffer>();
  const learn = (bytes: Buffer) => {
    try {
      const character = decoder.decode(bytes);
      if ([...character].length === 1 && !map.has(character)) map.set(character, bytes);
    } catch {
      // not a character of this encoding
    }
  };
  for (let byte = 0; byte < 256; byte += 1) learn(Buffer.from([byte]));
  for (let lead = 0x81; lead <= 0xfc; lead += 1) {
    if (lead > 0x9f && lead < 0xe0) continue;
    for (let trail = 0x40; trail <= 0xfc; trail += 1) learn(Buffer.from([lead, trail]));
  }
  return map;
}
