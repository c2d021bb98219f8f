// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ranks } from './ranks.ts';

const importPattern = /from '@kiban\/([a-z-]+)'|import\('@kiban\/([a-z-]+)'\)/g;

function upwardImports(files: readonly { readonly path: string; readonly text: string }[]): string[] {
  return files.flatMap(({ path, text }) => {
    const own = path.startsWith('samples/') ? 'samples' : path.split('/')[1]!;
    const ownRank = ranks[own];
    if (ownRank === undefined) return [`${path}: package ${own} has no rank`];
    return [...text.matchAll(importPattern)].flatMap((match) => {
      const other = (match[1] ?? match[2])!;
      const otherRank = ranks[other];
      return otherRank !== undefined && otherRank < ownRank
        ? []
        : [`${path} (${own}, rank ${ownRank}) imports ${other} (rank ${otherRank})`];
    });
  });
}

const sources = globSync(['packages/*/src/**/*.ts', 'samples/src/**/*.ts'])
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

test('imports only go down the ranks, and neighbours of one rank do not see each other', () => {
  assert.ok(sources.length > 100);
  assert.deepEqual(upwardImports(sources), []);
});

test('an import that climbs, one to a neighbour and a package without a rank are found', () => {
  const planted = [
    { path: 'packages/crypto/src/a.ts', text: "import { x } from '@kiban/hub';" },
    { path: 'packages/hub/src/a.ts', text: "const x = await import('@kiban/node');" },
    { path: 'packages/utils/src/a.ts', text: '' },
  ];
  assert.equal(upwardImports(planted).length, 3);
});

test('no package or file is called common, shared, utils or helpers', () => {
  const names = [...sources.map((source) => source.path), ...globSync('packages/*')];
  assert.deepEqual(
    names.filter((name) => /(^|[/-])(common|shared|utils?|helpers?)([./]|$)/.test(name)),
    [],
  );
});
