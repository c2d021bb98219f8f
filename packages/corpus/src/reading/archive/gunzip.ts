// SPDX-License-Identifier: Apache-2.0
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Content } from '../content.ts';
import type { ExpansionBudget } from '../expansion-budget.ts';
import { Refusal } from '../refusal.ts';

/** What a gzip file holds, all its members one after the other. The stream ends in Refusal `archive-malformed` or `expands-too-much`. */
export function gunzipped(content: Content, budget: ExpansionBudget): Content {
  return { stream: (purpose) => budget.meter(inflate(content.stream(purpose)), purpose) };
}

async function* inflate(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // Errors of either side come out of the loop below.
  pipeline(Readable.from(chunks), gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw code?.startsWith('Z_') ? new Refusal('archive-malformed', code) : error;
  } finally {
    gunzip.destroy();
  }
}
