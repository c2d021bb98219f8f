// SPDX-License-Identifier: Apache-2.0
import type { ProfileName } from '@kiban/japanese';
import { readFolder } from '../reading/read-folder.ts';
import { prepareDocument } from './document.ts';

/** The texts of a folder after the profile, for training a tokenizer; of a chat what is said, without the roles. */
export async function* readTexts(folder: string, profile: ProfileName = 'kiban-ja-1'): AsyncGenerator<string> {
  for await (const item of readFolder(folder, { source: 'texts' })) {
    if (item.kind === 'record') yield prepareDocument(item.record.content.open(), profile).text;
  }
}
