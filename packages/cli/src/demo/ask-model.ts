// SPDX-License-Identifier: Apache-2.0
import { problemFrom } from '@kiban/protocol';

/** One question through the node's OpenAI API, greedy. @returns the generated text. */
export async function askModel(origin: string, model: string, question: string, signal?: AbortSignal): Promise<string> {
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, temperature: 0, max_tokens: 24, messages: [{ role: 'user', content: question }] }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  if (!response.ok) throw problemFrom(response.status, text);
  const answer = JSON.parse(text) as { choices: { message: { content: string | null } }[] };
  return answer.choices[0]?.message.content ?? '';
}
