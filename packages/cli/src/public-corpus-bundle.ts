// SPDX-License-Identifier: Apache-2.0
import { readFolder } from '@kiban/corpus';

/** A folder of public documents as one JSON Lines file: what the hub hands to whoever trains the start model. */
export async function bundlePublicCorpus(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const lines: string[] = [];
  for await (const item of readFolder(folder, { source: 'public' })) {
    if (item.kind !== 'record') continue;
    const content = item.record.content.open();
    lines.push(JSON.stringify(content.kind === 'text' ? { text: content.text } : { messages: content.messages }));
  }
  return new Uint8Array(Buffer.from(`${lines.join('\n')}\n`, 'utf8'));
}
