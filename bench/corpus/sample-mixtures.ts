// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '@kiban/core';
import { readTexts } from '@kiban/corpus';
import { generateSamples } from '@kiban/samples';

export interface SampleMixtures {
  readonly texts: readonly string[];
  /** UTF-8 bytes of all of them. */
  readonly bytes: number;
}

/** Synthetic Japanese documents of 300 to 6,000 characters, about 1.5 MB of UTF-8: the samples' sentences in seeded mixtures. */
export async function sampleMixtures(): Promise<SampleMixtures> {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-bench-'));
  try {
    await generateSamples(folder, 'bench');
    const parts: string[] = [];
    for await (const text of readTexts(folder)) parts.push(...text.split(/\n+/).filter((line) => line !== ''));
    const random = new SeededRandom('bench');
    const texts: string[] = [];
    for (let bytes = 0; bytes < 1_500_000; ) {
      const length = random.between(300, 6_000);
      let text = '';
      while (text.length < length) text += `${random.pick(parts)}${random.chance(0.3) ? '\n' : ''}`;
      texts.push(text);
      bytes += Buffer.byteLength(text);
    }
    return { texts, bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
