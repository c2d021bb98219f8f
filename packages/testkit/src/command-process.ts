// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type KillAt, killAtVariable } from './kill-at-write.ts';
import { kibanEntry } from './service-process.ts';

const killAtWrite = fileURLToPath(new URL('kill-at-write.ts', import.meta.url));

/** A command as a process of its own, its output thrown away. @param options.killAt where it is to kill itself */
export function startCommand(args: readonly string[], options: { readonly killAt?: KillAt } = {}): ChildProcess {
  const preload = options.killAt === undefined ? [] : ['--import', killAtWrite];
  const environment = options.killAt === undefined ? {} : { [killAtVariable]: JSON.stringify(options.killAt) };
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...preload, kibanEntry, ...args], {
    stdio: 'ignore',
    env: { ...process.env, ...environment },
  });
}
