// SPDX-License-Identifier: Apache-2.0

export type StrictJson =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'too-deep' }
  | { readonly kind: 'duplicate-key'; readonly key: string };

const maximumDepth = 64;

/**
 * RFC 8259 text, with what readers disagree on refused: a member name that occurs twice in one object (names compared after unescaping)
 * and nesting deeper than 64.
 */
export function parseStrictJson(text: string): StrictJson {
  if (deeperThan(text, maximumDepth)) return { kind: 'too-deep' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'invalid' };
  }
  const key = duplicateKey(text);
  return key === undefined ? { kind: 'value', value } : { kind: 'duplicate-key', key };
}

function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = stringEnd(text, at);
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > limit) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
}

/** Of text that is known to be valid: a string is a member name exactly if a colon follows it. */
function duplicateKey(text: string): string | undefined {
  const scopes: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{' || character === '[') scopes.push(new Set());
    else if (character === '}' || character === ']') scopes.pop();
    else if (character === '"') {
      const end = stringEnd(text, at);
      if (followedByColon(text, end + 1)) {
        const name = JSON.parse(text.slice(at, end + 1)) as string;
        const scope = scopes.at(-1)!;
        if (scope.has(name)) return name;
        scope.add(name);
      }
      at = end;
    }
  }
  return undefined;
}

/** Index of the closing quote of the string that opens at `start`; the text's length if it never closes. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function followedByColon(text: string, from: number): boolean {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at += 1;
  return text[at] === ':';
}
