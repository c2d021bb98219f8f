// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';
import * as z from 'zod';
import type { RecordContent } from './text-record.ts';

const codePointSchema = z.string().regex(/^[0-9A-F]{4,6}$/, 'upper-case hexadecimal code point, such as E000');

/** `private-use.json` of a source: what its company characters (外字) stand for. */
export const privateUseTableSchema = z.strictObject({
  version: z.literal(1),
  /** From a code point of a private use area, in hexadecimal, to text of up to 8 characters that holds none. */
  characters: z.record(
    codePointSchema.refine((hex) => isPrivateUse(Number.parseInt(hex, 16)), 'not in a private use area'),
    z
      .string()
      .min(1)
      .max(8)
      .refine(
        (text) => ![...text].some((character) => isPrivateUse(character.codePointAt(0)!)),
        'is private use itself',
      ),
  ),
});

/** U+E000 to U+F8FF and planes 15 and 16. */
function isPrivateUse(code: number): boolean {
  return (
    (code >= 0xe000 && code <= 0xf8ff) || (code >= 0xf0000 && code <= 0xffffd) || (code >= 0x100000 && code <= 0x10fffd)
  );
}

const privateUse = /[\ue000-\uf8ff\u{f0000}-\u{ffffd}\u{100000}-\u{10fffd}]/u;
const eachPrivateUse = new RegExp(privateUse, 'gu');

/** Replaces company characters by what they stand for; those that are not in the table are counted and kept. */
export class PrivateUseTable {
  readonly #characters: ReadonlyMap<string, string>;

  private constructor(characters: ReadonlyMap<string, string>) {
    this.#characters = characters;
  }

  static readonly empty = new PrivateUseTable(new Map());

  /** @throws KibanError `private-use-table-invalid` (422) that names the entry */
  static parse(value: unknown): PrivateUseTable {
    const parsed = privateUseTableSchema.safeParse(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const place = issue?.path.join('.') || '(top)';
      throw new KibanError({
        code: 'private-use-table-invalid',
        status: 422,
        title: { ja: '外字の対応表に誤りがあります', en: 'The table of company characters is invalid' },
        detail: {
          ja: `${place}: ${issue?.message ?? ''}。{"version":1,"characters":{"E000":"髙"}} の形で書いてください。`,
          en: `${place}: ${issue?.message ?? ''}. Write it as {"version":1,"characters":{"E000":"髙"}}.`,
        },
      });
    }
    return new PrivateUseTable(
      new Map(
        Object.entries(parsed.data.characters).map(([hex, text]) => [
          String.fromCodePoint(Number.parseInt(hex, 16)),
          text,
        ]),
      ),
    );
  }

  /** Code points in hexadecimal and what they stand for, in ascending order. */
  entries(): readonly (readonly [string, string])[] {
    return [...this.#characters]
      .map(([character, text]) => [character.codePointAt(0)!.toString(16), text] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1));
  }

  apply(content: RecordContent): {
    readonly content: RecordContent;
    readonly mapped: number;
    readonly unmapped: number;
  } {
    const counts = { mapped: 0, unmapped: 0 };
    if (content.kind === 'text')
      return { content: { kind: 'text', text: this.#replace(content.text, counts) }, ...counts };
    const messages = content.messages.map(({ role, content }) => ({ role, content: this.#replace(content, counts) }));
    return { content: { kind: 'chat', messages }, ...counts };
  }

  #replace(text: string, counts: { mapped: number; unmapped: number }): string {
    if (!privateUse.test(text)) return text;
    return text.replace(eachPrivateUse, (character) => {
      const meaning = this.#characters.get(character);
      if (meaning === undefined) counts.unmapped += 1;
      else counts.mapped += 1;
      return meaning ?? character;
    });
  }
}
