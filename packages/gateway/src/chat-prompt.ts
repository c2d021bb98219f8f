// SPDX-License-Identifier: Apache-2.0
import { Template } from '@huggingface/jinja';
import { isKibanError } from '@kiban/core';
import type { ChatMessage } from './inference-engine.ts';
import { chatTemplateRefused } from './inference-problems.ts';

/** A control token by name, or text that is tokenised without looking for control tokens. */
export type PromptSegment =
  | { readonly kind: 'special'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string };

/** What a model's files say about its chat format. */
export interface ChatFormat {
  /** Jinja, as in `tokenizer.chat_template` of a GGUF or `chat_template` of tokenizer_config.json. */
  readonly template: string;
  readonly beginToken?: string;
  readonly endToken?: string;
  /** Names of all control tokens. */
  readonly specialTokens: readonly string[];
}

/**
 * Renders messages with the model's template, answer prefix included. A control token's name inside a message cannot become that
 * token: before rendering, a noncharacter (Unicode 23.7) that occurs in no message is put inside each such name, and also inside a
 * message's end that might become a name together with the template's text; it is removed from the text afterwards.
 * @throws KibanError chat-template-refused if the template raises an exception.
 */
export function renderChatPrompt(format: ChatFormat, messages: readonly ChatMessage[]): readonly PromptSegment[] {
  const names = format.specialTokens.filter((name) => name.length > 1).toSorted((a, b) => b.length - a.length);
  const mark = unusedNoncharacter(format.template, messages);
  const shielded = messages.map((message) => ({
    role: message.role,
    content: shield(message.content, names, mark),
    ...(message.name === undefined ? {} : { name: shield(message.name, names, mark) }),
  }));
  const rendered = render(format, shielded);
  return splitSpecials(rendered, names).map((segment) =>
    segment.kind === 'text' ? { kind: 'text', text: segment.text.replaceAll(mark, '') } : segment,
  );
}

/** Cuts a rendered prompt at the names of control tokens; the longest name wins. */
export function splitSpecials(text: string, specialTokens: readonly string[]): readonly PromptSegment[] {
  const names = specialTokens.filter((name) => name.length > 1).toSorted((a, b) => b.length - a.length);
  if (names.length === 0) return text === '' ? [] : [{ kind: 'text', text }];
  // Splitting with a capture group gives text and names in turn.
  return text
    .split(new RegExp(`(${names.map(escapeRegExp).join('|')})`, 'u'))
    .map(
      (part, index): PromptSegment =>
        index % 2 === 1 ? { kind: 'special', name: part } : { kind: 'text', text: part },
    )
    .filter((segment) => segment.kind === 'special' || segment.text !== '');
}

function render(format: ChatFormat, messages: readonly object[]): string {
  try {
    return new Template(format.template).render({
      messages,
      add_generation_prompt: true,
      bos_token: format.beginToken ?? '',
      eos_token: format.endToken ?? '',
    });
  } catch (error) {
    if (isKibanError(error)) throw error;
    throw chatTemplateRefused(error instanceof Error ? error.message : 'unknown');
  }
}

function shield(text: string, names: readonly string[], mark: string): string {
  const starts = new Set<number>();
  for (const name of names) {
    for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) starts.add(at);
    for (let length = Math.min(text.length, name.length - 1); length > 0; length -= 1) {
      if (text.endsWith(name.slice(0, length))) starts.add(text.length - length);
    }
  }
  let result = '';
  let from = 0;
  for (const at of [...starts].toSorted((a, b) => a - b)) {
    result += text.slice(from, at + 1) + mark;
    from = at + 1;
  }
  return result + text.slice(from);
}

function unusedNoncharacter(template: string, messages: readonly ChatMessage[]): string {
  for (let code = 0xfdd0; code <= 0xfdef; code += 1) {
    const mark = String.fromCharCode(code);
    const used = (text: string | undefined) => text?.includes(mark) === true;
    if (!used(template) && !messages.some((message) => used(message.content) || used(message.name))) return mark;
  }
  throw chatTemplateRefused('the messages use all 32 Unicode noncharacters U+FDD0 to U+FDEF');
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
