// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { ChatMessage } from './inference-engine.ts';
import { refuseUnsupported } from './parameter-support.ts';
import { badRequest, invalidValue, missingParameter, unsupportedParameter } from './request-problems.ts';
import { type Body, readSamplingParameters, readTokenLimit, type SamplingParameters } from './sampling-parameters.ts';

export interface ChatRequest extends SamplingParameters {
  readonly messages: readonly ChatMessage[];
  readonly maximumTokens: number | undefined;
}

const messageSchema = z.looseObject({
  role: z.enum(['developer', 'system', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))]).nullish(),
  name: z.string().optional(),
});

/** The body of `POST /v1/chat/completions`. @throws KibanError with the parameter's name. */
export function parseChatRequest(body: Body): ChatRequest {
  if ((body.messages ?? undefined) === undefined) throw missingParameter('messages');
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    throw invalidValue('messages', {
      ja: 'メッセージの配列 (1 個以上) にしてください。',
      en: 'give an array of at least one message.',
    });
  }
  refuseUnsupported(body, 'chat');
  return {
    ...readSamplingParameters(body),
    messages: body.messages.map(parseMessage),
    maximumTokens: readMaximumTokens(body),
  };
}

function readMaximumTokens(body: Body): number | undefined {
  const current = readTokenLimit(body, 'max_completion_tokens');
  const former = readTokenLimit(body, 'max_tokens');
  if (current !== undefined && former !== undefined && current !== former) {
    throw invalidValue('max_tokens', {
      ja: 'max_completion_tokens と違う値です。どちらか一方にしてください。',
      en: 'it differs from max_completion_tokens. Give only one of them.',
    });
  }
  return current ?? former;
}

function parseMessage(value: unknown, index: number): ChatMessage {
  const parsed = messageSchema.safeParse(value);
  const at = `messages[${index}]`;
  if (!parsed.success) {
    const where = [at, ...(parsed.error.issues[0]?.path.map(String) ?? [])].join('.');
    throw invalidValue(where, {
      ja: 'role と content を持つメッセージにしてください。',
      en: 'give a message with role and content.',
    });
  }
  const { role, content, name, ...others } = parsed.data;
  if (role === 'tool' || role === 'function') throw unsupportedParameter(`${at}.role`);
  for (const [key, other] of Object.entries(others)) {
    const says = other !== null && !(Array.isArray(other) && other.length === 0);
    if (says) throw unsupportedParameter(`${at}.${key.slice(0, 100)}`);
  }
  if (role !== 'assistant' && (content ?? undefined) === undefined) {
    throw badRequest(
      'invalid-value',
      { ja: `「${at}.content」がありません。`, en: `'${at}.content' is missing.` },
      `${at}.content`,
    );
  }
  return {
    role: role === 'developer' ? 'system' : role,
    content: joinParts(content, at),
    ...(name === undefined ? {} : { name }),
  };
}

/** Text parts become lines of one text, as in vLLM and llama.cpp. */
function joinParts(
  content: string | readonly { readonly type: string; readonly text?: string | undefined }[] | null | undefined,
  at: string,
): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  return content
    .map((part, index) => {
      if (part.type !== 'text') throw unsupportedParameter(`${at}.content[${index}].type`);
      if (part.text === undefined) throw missingParameter(`${at}.content[${index}].text`);
      return part.text;
    })
    .join('\n');
}
