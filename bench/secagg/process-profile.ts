// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

/** Milliseconds by what they were spent on. */
export type ProcessorMs = Readonly<Record<string, number>>;

/** `threads`: processor time of each kind of thread, at no cost. `functions`: wall time of the main thread's functions, sampled, which slows it. */
export type ProfileKind = 'threads' | 'functions';

const samplingIntervalUs = 200;

let session: Session | undefined;
let threadsBefore: ProcessorMs = {};

/** Begins to count in this process, until {@link stopProfile}. */
export async function startProfile(kind: ProfileKind): Promise<void> {
  threadsBefore = threadMs();
  if (kind === 'threads') return;
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: samplingIntervalUs });
  await session.post('Profiler.start');
}

export async function stopProfile(): Promise<ProcessorMs> {
  if (session === undefined) {
    const entries = Object.entries(threadMs()).map(([name, ms]) => [name, ms - (threadsBefore[name] ?? 0)] as const);
    return Object.fromEntries(entries);
  }
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  session = undefined;
  const names = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const place = url === '' ? '' : ` ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
      return [id, `${functionName || '(anonymous)'}${place}`];
    }),
  );
  const spent = (profile.samples ?? []).map((id, index) => ({ [names.get(id)!]: profile.timeDeltas![index]! / 1e3 }));
  return sumOf(spent);
}

export function sumOf(parts: readonly ProcessorMs[]): ProcessorMs {
  const sums: Record<string, number> = {};
  for (const part of parts) for (const [name, ms] of Object.entries(part)) sums[name] = (sums[name] ?? 0) + ms;
  return sums;
}

/** By the names that Linux gives, user and system apart; the thread with the process's number is the main one. Empty elsewhere. */
function threadMs(): ProcessorMs {
  const ticksToMs = 10;
  try {
    return sumOf(
      readdirSync('/proc/self/task').map((id) => {
        const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
        const name = id === String(process.pid) ? 'main' : stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return { [`${name} user`]: Number(fields[11]) * ticksToMs, [`${name} system`]: Number(fields[12]) * ticksToMs };
      }),
    );
  } catch {
    return {};
  }
}
