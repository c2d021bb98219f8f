// SPDX-License-Identifier: Apache-2.0
import { sha256Hex } from '@kiban/core';
import { type HubClient, type TokenRecord, tokenRecordSchema } from '@kiban/protocol';
import { problems } from './problems.ts';

/** The tokens that a programme took from its members, as its record says. @throws KibanError `not-found`, `base-not-trusted` */
export async function readTokenRecord(hub: HubClient, programme: string): Promise<TokenRecord> {
  const { agreedTokenizer } = await hub.programme(programme, 0, 0);
  if (agreedTokenizer === null) throw problems.notFound(`list of tokens of programme ${programme}`);
  const { digest } = agreedTokenizer.record;
  const chunks: Uint8Array[] = [];
  for await (const chunk of hub.blob(digest)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (sha256Hex(bytes) !== digest) throw problems.baseNotTrusted('the list of tokens does not have its digest');
  return tokenRecordSchema.parse(JSON.parse(bytes.toString('utf8')));
}
