// SPDX-License-Identifier: Apache-2.0
import { sha256Hex } from '@kiban/core';
import { normalise, type ProfileName } from '@kiban/japanese';
import type { RecordContent } from '../reading/text-record.ts';

/** A record's content after the profile. */
export interface PreparedDocument {
  readonly content: RecordContent;
  /** All its text: of a chat the contents, one after the other. */
  readonly text: string;
  /** SHA-256 of kind, roles and text: what makes two documents duplicates, and what the split goes by. */
  readonly digest: string;
}

export function prepareDocument(content: RecordContent, profile: ProfileName): PreparedDocument {
  if (content.kind === 'text') {
    const text = normalise(content.text, profile);
    return { content: { kind: 'text', text }, text, digest: sha256Hex(`text\n${text}`) };
  }
  const messages = content.messages.map(({ role, content: said }) => ({ role, content: normalise(said, profile) }));
  const text = messages.map(({ content: said }) => said).join('\n');
  return { content: { kind: 'chat', messages }, text, digest: sha256Hex(`chat\n${JSON.stringify(messages)}`) };
}

/** 0 to 999 by a hash of the digest with a fixed salt: equal documents fall on the same side in every run and at every member. */
export function splitPlace(digest: string): number {
  return Number.parseInt(sha256Hex(`kiban/held-out/1\n${digest}`).slice(0, 8), 16) % 1_000;
}
