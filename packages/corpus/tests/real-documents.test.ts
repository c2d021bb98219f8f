// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { type FileOutcome, readFolder } from '../src/index.ts';

// Japanese text that nobody here wrote: Debian's reference and manual pages, fetched by the system's own package manager.
const packages = ['debian-reference-ja', 'manpages-ja'];
let work: string;
let folder: string;
let missing: string | undefined;

before(async () => {
  work = await mkdtemp(join(tmpdir(), 'kiban-real-'));
  folder = join(work, 'documents');
  try {
    run('apt-get', ['download', ...packages]);
    for (const name of readdirSync(work).filter((file) => file.endsWith('.deb')))
      run('dpkg-deb', ['-x', name, 'unpacked']);
    arrange();
  } catch (error) {
    missing = `Debian packages ${packages.join(', ')} cannot be had here: ${(error as Error).message.split('\n')[0]}`;
  }
});

after(() => rm(work, { recursive: true, force: true }));

function run(command: string, args: readonly string[]): void {
  execFileSync(command, [...args], { cwd: work, stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 });
}

/** Pages of the manual are text under names that end in their section. */
function arrange(): void {
  cpSync(join(work, 'unpacked/usr/share/debian-reference'), join(folder, 'reference'), { recursive: true });
  mkdirSync(join(folder, 'pages'), { recursive: true });
  for (const path of readdirSync(join(work, 'unpacked/usr/share/man/ja'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.gz')) continue;
    const name = basename(path).replace(/\.gz$/, '.txt.gz');
    copyFileSync(join(work, 'unpacked/usr/share/man/ja', path), join(folder, 'pages', name));
  }
  rmSync(join(work, 'unpacked'), { recursive: true });
}

test('documents of Debian in HTML, PDF and compressed text are read, every file accounted for', async (context) => {
  if (missing !== undefined) return context.skip(missing);
  const outcomes: FileOutcome[] = [];
  const texts = new Map<string, string>();
  for await (const item of readFolder(folder, { source: 'debian' })) {
    if (item.kind === 'file') outcomes.push(item.outcome);
    else if (item.kind === 'record') {
      const content = item.record.content.open();
      assert.ok(content.kind === 'text');
      texts.set(item.record.path, `${texts.get(item.record.path) ?? ''}\n${content.text}`);
    }
  }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  assert.equal(outcomes.length, files.length);
  const byStatus = { kept: 0, 'partly-kept': 0, refused: 0 };
  for (const { status } of outcomes) byStatus[status] += 1;
  const characters = outcomes.reduce((sum, outcome) => sum + outcome.characters, 0);
  context.diagnostic(`${JSON.stringify(byStatus)}, ${characters} characters`);
  for (const outcome of outcomes) {
    if (outcome.status !== 'kept')
      context.diagnostic(`${outcome.path}: ${outcome.reason} ${JSON.stringify(outcome.faultsByReason)}`);
  }
  assert.ok(byStatus.kept >= 0.98 * outcomes.length);
  assert.ok(characters > 3_000_000);

  // The same book in three formats: what one gives, the others give too, but for tables and marks that they lay out differently.
  const plain = japanese(texts.get('reference/debian-reference.ja.txt.gz') ?? '');
  const pdf = japanese(texts.get('reference/debian-reference.ja.pdf') ?? '');
  const html = japanese(
    [...texts]
      .filter(([path]) => path.endsWith('.html'))
      .map(([, text]) => text)
      .join('\n'),
  );
  assert.ok(plain.length > 100_000);
  context.diagnostic(`of the plain text, PDF has ${shared(plain, pdf)}, HTML ${shared(plain, html)} of its 8-grams`);
  assert.ok(shared(plain, html) > 0.95);
  assert.ok(shared(plain, pdf) > 0.85);
});

/** Kanji and kana alone, so that line breaks and page numbers do not matter. */
function japanese(text: string): string {
  return text.replace(/[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu, '');
}

/** Share of the 8-grams of one text that the other has. */
function shared(one: string, other: string): number {
  const grams = (text: string) => new Set(Array.from({ length: text.length - 7 }, (_, at) => text.slice(at, at + 8)));
  const [mine, theirs] = [grams(one), grams(other)];
  return [...mine].filter((gram) => theirs.has(gram)).length / mine.size;
}
