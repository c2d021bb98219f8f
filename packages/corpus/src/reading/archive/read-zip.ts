// SPDX-License-Identifier: Apache-2.0
import { type Content, heldContent, hold } from '../content.ts';
import { isPassedOver } from '../file-formats.ts';
import type { NestedFile, ReaderOptions } from '../parsed-record.ts';
import { Refusal } from '../refusal.ts';
import { zipEntries } from './zip-archive.ts';
import { leavesArchive } from './zip-names.ts';

/** The files of an archive, in the order of its central directory. */
export async function* readZip(content: Content, options: ReaderOptions): AsyncGenerator<NestedFile> {
  const access = content.randomAccess ?? heldContent(await hold(content, options.limits)).randomAccess!;
  const seen = new Set<string>();
  for await (const entry of zipEntries(access, options.budget)) {
    if (entry.name.endsWith('/')) continue;
    const isRepeated = seen.has(entry.name);
    seen.add(entry.name);
    const refusal = refusalByName(entry.name, isRepeated) ?? entry.refusal;
    yield { name: entry.name, offset: entry.offset, bytes: entry.bytes, content: refusal ?? entry.content };
  }
}

function refusalByName(name: string, isRepeated: boolean): Refusal | undefined {
  if (leavesArchive(name)) return new Refusal('entry-path-leaves-archive');
  if (name.split('/').some(isPassedOver)) return new Refusal('passed-over-name');
  return isRepeated ? new Refusal('entry-name-repeated') : undefined;
}
