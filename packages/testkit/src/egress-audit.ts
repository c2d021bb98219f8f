// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import type { MemberStage } from '@kiban/secagg';

interface SentMessage {
  readonly attempt: number;
  readonly stage: MemberStage;
  readonly text: string;
}

interface OpeningBody {
  readonly self: readonly { readonly of: string; readonly share: string }[];
  readonly box: readonly { readonly of: string; readonly share: string }[];
}

/**
 * What one member sent in one instance, against what it kept secret: its journal is read before every message, so that everything it could give
 * away is known.
 */
export class EgressAudit {
  readonly #sent: SentMessage[] = [];
  /** Seeds, keys, pair secrets and shares in base64, of all attempts. */
  readonly #secrets = new Set<string>();

  watch(journalPath: string, attempt: number, stage: MemberStage, text: string): void {
    for (const record of journalRecords(journalPath)) collectSecrets(record, this.#secrets);
    this.#sent.push({ attempt, stage, text });
  }

  get secretCount(): number {
    return this.#secrets.size;
  }

  /** Text of the first message of a stage in an attempt. */
  messageOf(attempt: number, stage: MemberStage): string | undefined {
    return this.#sent.find((one) => one.attempt === attempt && one.stage === stage)?.text;
  }

  /**
   * What must never have left: a secret outside an opening, a secret that is no share in one, both shares of one peer, a second opening.
   * @returns the faults, empty when there are none
   */
  faults(): string[] {
    const found: string[] = [];
    const openings = new Set(this.#sent.filter(({ stage }) => stage === 'opening').map(({ text }) => text));
    if (openings.size > 1) found.push(`${openings.size} different openings`);
    for (const { stage, text } of this.#sent) {
      const released = new Set<string>();
      if (stage === 'opening') {
        const body = JSON.parse((JSON.parse(text) as { body: string }).body) as OpeningBody;
        for (const { share } of [...body.self, ...body.box]) released.add(share);
        const both = body.self.filter(({ of }) => body.box.some((other) => other.of === of));
        if (both.length > 0) found.push(`both shares of ${both.map(({ of }) => of).join(', ')}`);
      }
      for (const secret of this.#secrets)
        if (text.includes(secret) && !released.has(secret)) found.push(`a secret in a message of ${stage}`);
    }
    return found;
  }
}

const secretFields = new Set([
  'x25519Seed',
  'mlKemSeed',
  'selfSeed',
  'boxKey',
  'self',
  'box',
  'secret',
  'salt',
  'encapsulated',
]);

function collectSecrets(value: unknown, secrets: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && secretFields.has(name) && inner.length >= 40) secrets.add(inner);
    else collectSecrets(inner, secrets);
  }
}

/** Frames of a journal that its owner has open: u32 length, SHA-256, payload. */
function journalRecords(path: string): unknown[] {
  if (!existsSync(path)) return [];
  const content = readFileSync(path);
  const records: unknown[] = [];
  for (let position = 0; position + 36 <= content.length; ) {
    const end = position + 36 + content.readUInt32LE(position);
    if (end > content.length) break;
    records.push(JSON.parse(content.toString('utf8', position + 36, end)));
    position = end;
  }
  return records;
}
