// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { DecodedLine } from './decode-lines.ts';
import type { ParsedRecord, ParseOptions } from './parsed-record.ts';
import type { RecordContent } from './text-record.ts';

const message = z.object({ role: z.enum(['system', 'user', 'assistant', 'tool']), content: z.string() });
const textLine = z.object({ text: z.string() });
const chatLine = z.object({ messages: z.array(message).min(1) });

/** One record a line: `{"text": "..."}` or `{"messages": [{"role": "user", "content": "..."}, ...]}`; further fields are left aside. */
export async function* parseJsonl(
  batches: AsyncIterable<readonly DecodedLine[]>,
  options: ParseOptions,
): AsyncGenerator<ParsedRecord> {
  for await (const batch of batches) {
    for (const line of batch) {
      if (line.text.trim() === '') continue;
      if (isDeeperThan(line.text, options.limits.maxJsonDepth)) {
        options.onFault('json-too-deep', line.offset, line.number);
        continue;
      }
      const value = parseJson(line.text);
      if (value === undefined) {
        options.onFault('json-malformed', line.offset, line.number);
        continue;
      }
      const content = recordContent(value);
      if (content) yield { content, offset: line.offset, part: 0 };
      else options.onFault('record-malformed', line.offset, line.number);
    }
  }
}

/** Whether brackets nest deeper, those in strings left out. */
function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function recordContent(value: unknown): RecordContent | undefined {
  const chat = chatLine.safeParse(value);
  if (chat.success) {
    const messages = chat.data.messages.map(({ role, content }) => ({ role, content: content.toWellFormed() }));
    return messages.some(({ content }) => content.trim() !== '') ? { kind: 'chat', messages } : undefined;
  }
  const plain = textLine.safeParse(value);
  if (!plain.success || plain.data.text.trim() === '') return undefined;
  return { kind: 'text', text: plain.data.text.toWellFormed().trimEnd() };
}
