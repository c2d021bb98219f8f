// SPDX-License-Identifier: Apache-2.0
import type { ProfileName } from '@kiban/japanese';
import { readFolder } from '../reading/read-folder.ts';
import { prepareDocument, splitPlace } from './document.ts';

/** The texts of a folder after the profile, for training a tokenizer; of a chat what is said, without the roles. */
export async function* readTexts(folder: string, profile: ProfileName = 'kiban-ja-1'): AsyncGenerator<string> {
  for await (const item of readFolder(folder, { source: 'texts' })) {
    if (item.kind === 'record') yield prepareDocument(item.record.content.open(), profile).text;
  }
}

/** A document after the profile, and the side that preparing would put it on. */
export interface SplitText {
  readonly text: string;
  readonly isHeldOut: boolean;
}

/**
 * The documents of a folder as preparing sees them: each once, those without text left out, pieces of one file on one side.
 * @param heldOutPerMille as in preparing
 */
export async function* readSplitTexts(
  folder: string,
  heldOutPerMille: number,
  options: { readonly profile?: ProfileName; readonly signal?: AbortSignal } = {},
): AsyncGenerator<SplitText> {
  const seen = new Set<string>();
  let placeOfFile = 0;
  for await (const item of readFolder(folder, { source: 'texts', signal: options.signal })) {
    if (item.kind !== 'record') continue;
    const document = prepareDocument(item.record.content.open(), options.profile ?? 'kiban-ja-1');
    if (item.record.part === 0) placeOfFile = splitPlace(document.digest);
    if (document.text.trim() === '' || seen.has(document.digest)) continue;
    seen.add(document.digest);
    yield { text: document.text, isHeldOut: placeOfFile < heldOutPerMille };
  }
}
