// SPDX-License-Identifier: Apache-2.0

export type JsonFault = { readonly kind: 'duplicate-key'; readonly key: string } | { readonly kind: 'too-deep' };

/**
 * JSON.parse keeps the last of two equal keys; another reader may keep the first, and both would be sure of what they read. Escapes are
 * decoded first, so `"a"` and `"\u0061"` are equal.
 * @param text must have passed JSON.parse: this walk relies on it.
 * @param deepest nested objects and arrays allowed.
 */
export function findJsonFault(text: string, deepest: number): JsonFault | undefined {
  /** One entry per open bracket: the keys seen of an object, undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let keyExpected = false;
  for (let position = 0; position < text.length; position += 1) {
    switch (text[position]) {
      case '{':
      case '[': {
        if (open.length === deepest) return { kind: 'too-deep' };
        keyExpected = text[position] === '{';
        open.push(keyExpected ? new Set() : undefined);
        break;
      }
      case '}':
      case ']':
        open.pop();
        keyExpected = false;
        break;
      case ',':
        keyExpected = open.at(-1) !== undefined;
        break;
      case '"': {
        const end = endOfString(text, position);
        const keys = open.at(-1);
        if (keyExpected && keys !== undefined) {
          const key = JSON.parse(text.slice(position, end + 1)) as string;
          if (keys.has(key)) return { kind: 'duplicate-key', key };
          keys.add(key);
          keyExpected = false;
        }
        position = end;
        break;
      }
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (text[position] !== '"') position += text[position] === '\\' ? 2 : 1;
  return position;
}
