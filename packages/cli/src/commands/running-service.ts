// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createLogger } from '@kiban/core';
import type { CommandContext } from '../command-context.ts';

/**
 * Runs a service until SIGINT or SIGTERM, or until standard input ends when asked to (for supervisors: their death ends the service).
 * A second signal is left to the system.
 */
export async function runService(
  context: CommandContext,
  role: 'hub' | 'node',
  options: { readonly stopWithInput?: boolean },
  start: (logger: ReturnType<typeof createLogger>) => Promise<{ readonly origin: string; stop(): Promise<void> }>,
): Promise<void> {
  const service = await start(createLogger(role));
  context.show({ started: role, origin: service.origin, pid: process.pid }, () => [
    context.language === 'ja'
      ? `${role} が動いています: ${service.origin} (Ctrl-C で停止)`
      : `${role} is running: ${service.origin} (Ctrl-C stops it)`,
  ]);
  const ended = [once(process, 'SIGINT'), once(process, 'SIGTERM')];
  if (options.stopWithInput === true) {
    process.stdin.resume();
    ended.push(once(process.stdin, 'close'));
  }
  await Promise.race(ended);
  process.stdin.pause();
  await service.stop();
}
