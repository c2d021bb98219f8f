// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileOutcome } from '../file-outcome.ts';
import { type ReadOptions, readFolder } from '../read-folder.ts';
import type { TextRecord } from '../text-record.ts';

/** A folder with these files; the caller removes it. */
export async function sampleFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-reading-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

export interface SampleReading {
  readonly records: readonly TextRecord[];
  /** Of plain records; of a chat its messages. */
  readonly texts: readonly string[];
  readonly files: readonly FileOutcome[];
  readonly entries: readonly FileOutcome[];
}

/** Reads these files through the front door: from a folder. */
export async function readSamples(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<ReadOptions> = {},
): Promise<SampleReading> {
  const folder = await sampleFolder(files);
  try {
    const records: TextRecord[] = [];
    const outcomes: { file: FileOutcome[]; entry: FileOutcome[] } = { file: [], entry: [] };
    for await (const item of readFolder(folder, { source: 'sample', ...options })) {
      if (item.kind === 'record') records.push(item.record);
      else outcomes[item.kind].push(item.outcome);
    }
    const texts = records.map((record) => {
      const content = record.content.open();
      return content.kind === 'text' ? content.text : content.messages.map(({ content }) => content).join('\n');
    });
    return { records, texts, files: outcomes.file, entries: outcomes.entry };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
