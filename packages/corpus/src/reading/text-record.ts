// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Sealed } from '@kiban/core';

/** Who says a message; also the names of the tokenizer's role tokens. */
export type ChatRole = 'system' | 'user' | 'assistant' | 'tool';

export interface ChatMessage {
  readonly role: ChatRole;
  readonly content: string;
}

export type RecordContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] };

/** Encodings that are read. `cp932` is Windows-31J, what Japanese Windows calls Shift_JIS. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'cp932' | 'euc-jp' | 'iso-2022-jp';

/** What a file was decoded by: an encoding known here, or a port of that name (mainframe text). */
export type RecordEncoding = TextEncoding | `port:${string}`;

/** One document, or one piece of a document that is too long to hold at once. */
export interface TextRecord {
  /** 32 hexadecimal characters: the first 16 bytes of SHA-256 over source, path and offset. */
  readonly id: string;
  /** Name of the data set the folder stands for. */
  readonly source: string;
  /** Path inside the folder, with `/`; of an entry of an archive `a.zip!b/c.csv`. */
  readonly path: string;
  readonly content: Sealed<RecordContent>;
  /** Null where the format itself says it: Office files, PDF, mail. */
  readonly encoding: RecordEncoding | null;
  /**
   * Where the record begins: byte offset in the file, of a compressed one in what it holds. In Office files, PDF and mail, which have no such
   * place, in the UTF-8 text taken out of them.
   */
  readonly offset: number;
  /** 0 for a whole document or its first piece, then 1, 2, ... for what follows of the same document. */
  readonly part: number;
}

export function recordId(source: string, path: string, offset: number): string {
  return createHash('sha256')
    .update(JSON.stringify([source, path, offset]))
    .digest('hex')
    .slice(0, 32);
}
