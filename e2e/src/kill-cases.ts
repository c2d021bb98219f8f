// SPDX-License-Identifier: Apache-2.0
import type { KillAt } from '@kiban/testkit';

export const killVictims = ['hub', 'member-b'] as const;

/** The lists of an attempt in order: publishing one is how its state changes, at the hub and at the members. */
export const attemptLists = ['keys', 'shares', 'confirms', 'survivors', 'signatures', 'result'] as const;

export interface KillMoment {
  readonly name: string;
  /** Whether the events at the hub so far say that the moment has come. */
  readonly reached: (events: readonly { readonly event: string; readonly data: Record<string, unknown> }[]) => boolean;
}

/** Moments of a run at which a process is killed and started again; `kill-anywhere.test.ts` plays them. */
export const killMoments: readonly KillMoment[] = [
  {
    name: 'while the start model is trained',
    reached: (events) => events.some((one) => one.event === 'programme-phase-changed'),
  },
  {
    name: 'when round 2 opens',
    reached: (events) => events.some((one) => one.event === 'round-opened' && one.data.round === 2),
  },
  ...['update', 'gate'].flatMap((fragment) =>
    attemptLists.map(
      (list): KillMoment => ({
        name: `after the list of ${list} of round 2's ${fragment}`,
        reached: (events) =>
          events.some(
            (one) =>
              one.event === 'list-published' && one.data.instance === `test-1.r2.${fragment}` && one.data.list === list,
          ),
      }),
    ),
  ),
  {
    name: 'when round 2 closes',
    reached: (events) => events.some((one) => one.event === 'round-closed' && one.data.round === 2),
  },
  {
    name: 'while the members evaluate',
    reached: (events) =>
      events.some((one) => one.event === 'programme-phase-changed' && one.data.phase === 'evaluating'),
  },
];

/** Where each start of the process is to end. Every start gets at least one new write done, so the run goes on; `kill-at-writes.test.ts` plays them. */
export const killSchedules: Readonly<Record<string, (start: number) => KillAt>> = {
  'after each record of the journal': () => ({ write: 'journal-record', count: 1, moment: 'after' }),
  'before and in the middle of each record of the journal': (start) => ({
    write: 'journal-record',
    count: 2,
    moment: start % 2 === 0 ? 'before' : 'torn',
  }),
  // A start itself renames files and changes rows, the same each time: later and later ones are hit.
  'before and after files get their names': (start) => ({
    write: 'file-rename',
    count: 2 + (start >> 1),
    moment: start % 2 === 0 ? 'before' : 'after',
  }),
  'before and after changes of the database': (start) => ({
    write: 'database-change',
    count: 2 + (start >> 1),
    moment: start % 2 === 0 ? 'before' : 'after',
  }),
};
