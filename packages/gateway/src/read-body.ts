// SPDX-License-Identifier: Apache-2.0
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { badRequest, requestTooLarge, unsupportedMediaType } from './request-problems.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * The body as a JSON object.
 * An unsupported media type is refused also because a web page of another origin can post plain text to a local server without
 * asking first, but not JSON. The rest of a body beyond the limit is thrown away while
 * the answer goes out, since many clients read only once they have sent everything.
 * @throws KibanError unsupported-media-type, request-too-large, invalid-json, duplicate-key; an ordinary Error if the client went away.
 */
export async function readJsonObject(
  request: IncomingMessage,
  limitBytes: number,
): Promise<Readonly<Record<string, unknown>>> {
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const body = await readBytes(request, limitBytes);
  if (mediaType !== 'application/json' || encoding !== 'identity') throw unsupportedMediaType();
  if (!isUtf8(body)) {
    throw badRequest('invalid-json', { ja: '本文が UTF-8 ではありません。', en: 'The body is not valid UTF-8.' });
  }
  const parsed = parseStrictJson(body.toString('utf8'));
  switch (parsed.kind) {
    case 'invalid':
      throw badRequest('invalid-json', { ja: '本文が JSON として読めません。', en: 'The body is not valid JSON.' });
    case 'too-deep':
      throw badRequest('invalid-json', {
        ja: 'JSON の入れ子は 64 段までです。',
        en: 'The JSON is nested deeper than 64 levels.',
      });
    case 'duplicate-key':
      throw badRequest(
        'duplicate-key',
        {
          ja: '同じオブジェクトの中に同じキーが二度あります。',
          en: 'A key occurs twice in one object.',
        },
        parsed.key.slice(0, 100),
      );
    case 'value':
      if (typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) {
        throw badRequest('invalid-json', {
          ja: '本文は JSON のオブジェクトにしてください。',
          en: 'The body must be a JSON object.',
        });
      }
      return parsed.value as Readonly<Record<string, unknown>>;
  }
}

async function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw requestTooLarge(limitBytes);
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    const bytes = piece as Buffer;
    length += bytes.length;
    if (length > limitBytes) throw requestTooLarge(limitBytes);
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}
