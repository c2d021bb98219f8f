// SPDX-License-Identifier: Apache-2.0
import { readSplitTexts, type Tokenizer } from '@kiban/corpus';
import type { MemberScores } from '@kiban/protocol';

/**
 * Held-out documents of some folders under two tokenizers: numbers alone leave.
 * @returns null when nothing is held out
 */
export async function measureVocabulary(
  folders: readonly string[],
  heldOutPerMille: number,
  tokenizers: { readonly agreed: Tokenizer; readonly publicOnly: Tokenizer },
  signal: AbortSignal,
): Promise<MemberScores['vocabulary']> {
  const measured = { characters: 0, agreedTokens: 0, publicTokens: 0 };
  for (const folder of folders) {
    for await (const { text, isHeldOut } of readSplitTexts(folder, heldOutPerMille, { signal })) {
      if (!isHeldOut) continue;
      measured.characters += text.length;
      measured.agreedTokens += tokenizers.agreed.encode(text).length;
      measured.publicTokens += tokenizers.publicOnly.encode(text).length;
    }
  }
  return measured.characters === 0 ? null : measured;
}
