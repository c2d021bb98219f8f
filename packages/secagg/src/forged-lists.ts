// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { SigningKey } from '@kiban/crypto';
import type { Coalition, Party } from './coalition-driver.ts';
import type { ListName } from './effects.ts';
import { signEnvelope } from './envelope.ts';

/** What a lying hub can make out of its lists; for tests. */
/** A list that the hub signs after changing it. */
export function forgedList(coalition: Coalition, party: Party, change: (body: ListBody) => object): string {
  const text = coalition.listFor(party);
  assert.ok(text !== undefined);
  return signEnvelope(
    'list',
    { ...readBody(text), ...change(readBody(text) as unknown as ListBody) },
    coalition.hubKey,
  );
}

/** `accepted`, or the code of the refusal. */
export async function answerTo(coalition: Coalition, party: Party, list: ListName, text: string): Promise<string> {
  const step = await coalition.stepMember(party, { type: 'list-received', list, text });
  return step.ok ? 'accepted' : step.refusal.code;
}

export interface ListBody {
  readonly members: { organisation: string; message: string; part?: object }[];
}

/** Another signature under the same body. */
export function resigned(text: string, kind: string, key: SigningKey, change: object = {}): string {
  return signEnvelope(kind, { ...readBody(text), ...change }, key);
}

export function readBody(text: string): Record<string, unknown> {
  return JSON.parse((JSON.parse(text) as { body: string }).body) as Record<string, unknown>;
}
