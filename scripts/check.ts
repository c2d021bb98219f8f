// SPDX-License-Identifier: Apache-2.0
// The full check: format, lint and import cycles (Biome), types, dead code (knip), then ranks and units.
import { spawnSync } from 'node:child_process';

const steps: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format, lint, cycles', 'biome', 'ci', '--error-on-warnings', '.'],
  ['types', 'tsc', '-p', '.'],
  ['dead code', 'knip'],
  ['ranks and units', process.execPath, 'scripts/test.ts', 'unit'],
];

for (const [name, command, ...args] of steps) {
  const startedAtMs = Date.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - startedAtMs) / 1000).toFixed(1)} s)`);
  if (status !== 0) {
    process.exitCode = 1;
    break;
  }
}
