// SPDX-License-Identifier: Apache-2.0
import {
  chatTemplateMissing,
  type GenerationInput,
  type PromptSegment,
  promptTokenInvalid,
  renderChatPrompt,
  splitSpecials,
} from '@kiban/gateway';
import type { ModelFile } from './model-file.ts';

/** Ids of plain text, without begin token and without looking for names of control tokens. */
export type TokenizePlain = (text: string) => readonly number[];

/** Ids that the model reads. Only the names of control tokens that a template or a trusted caller wrote become control tokens. */
export function toPromptTokens(
  input: GenerationInput,
  model: { readonly id: string; readonly file: ModelFile; readonly tokenizePlain: TokenizePlain },
): readonly number[] {
  const { vocabulary, chatFormat } = model.file;
  const ofSegments = (segments: readonly PromptSegment[]) =>
    segments.flatMap((segment) =>
      segment.kind === 'special' ? [vocabulary.specials.get(segment.name)!] : model.tokenizePlain(segment.text),
    );
  switch (input.kind) {
    case 'chat':
      if (chatFormat === undefined) throw chatTemplateMissing(model.id);
      return ofSegments(renderChatPrompt(chatFormat, input.messages));
    case 'text': {
      if (input.parseSpecials === true) return ofSegments(splitSpecials(input.text, [...vocabulary.specials.keys()]));
      const begin = vocabulary.textBegin === undefined ? [] : [vocabulary.textBegin];
      return [...begin, ...model.tokenizePlain(input.text)];
    }
    case 'tokens':
      for (const token of input.tokens) {
        if (!Number.isInteger(token) || token < 0 || token >= vocabulary.size)
          throw promptTokenInvalid(vocabulary.size);
      }
      return input.tokens;
  }
}
