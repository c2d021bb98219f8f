// SPDX-License-Identifier: Apache-2.0
// Runs a suite: `unit` (beside the code, one process, no network), `slow` (a package's I/O, others' programs) or `e2e` (real coalitions).
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const suites: Readonly<Record<string, { readonly patterns: readonly string[]; readonly flags: readonly string[] }>> = {
  unit: {
    patterns: ['packages/*/src/**/*.test.ts', 'samples/src/**/*.test.ts', 'scripts/**/*.test.ts'],
    flags: ['--test-isolation=none'],
  },
  slow: { patterns: ['packages/*/tests/**/*.test.ts'], flags: ['--test-concurrency=1'] },
  e2e: { patterns: ['e2e/src/**/*.test.ts'], flags: ['--test-concurrency=1'] },
};

const name = process.argv[2] ?? 'unit';
const suite = suites[name];
if (suite === undefined) throw new RangeError(`no suite ${name}; there are ${Object.keys(suites).join(', ')}`);
const files = globSync([...suite.patterns]).sort();
if (files.length === 0) throw new RangeError(`suite ${name} has no test`);
const { status } = spawnSync(
  process.execPath,
  ['--disable-warning=ExperimentalWarning', '--test', '--test-reporter=spec', ...suite.flags, ...files],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
