// SPDX-License-Identifier: Apache-2.0
// Preloaded into a service under test (`node --import`): the process kills itself with SIGKILL at a chosen durable write.
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { type SQLInputValue, type StatementResultingChanges, StatementSync } from 'node:sqlite';

/** The n-th durable write of a kind since the process started, and the moment around it. */
export interface KillAt {
  /** A record of an attempt's journal, a file that gets its lasting name, or a statement that changes the database. */
  readonly write: 'journal-record' | 'file-rename' | 'database-change';
  /** From 1. */
  readonly count: number;
  /** `torn`: half of a journal record is on disk. */
  readonly moment: 'before' | 'torn' | 'after';
}

/** Where the preloaded module finds its {@link KillAt}, as JSON. */
export const killAtVariable = 'KIBAN_TEST_KILL_AT';

const plan = process.env[killAtVariable];
if (plan !== undefined) killAt(JSON.parse(plan) as KillAt);

function killAt(at: KillAt): void {
  let seen = 0;
  const around = <T>(write: () => T, torn: () => void = () => undefined): T => {
    seen += 1;
    if (seen !== at.count) return write();
    if (at.moment === 'torn') torn();
    if (at.moment !== 'after') die();
    const result = write();
    // A rename is a promise: the process dies once it is done.
    if (result instanceof Promise) return result.then(die) as T;
    return die();
  };
  switch (at.write) {
    case 'journal-record': {
      const { openSync, writeSync, fdatasyncSync } = fs;
      const journals = new Set<number>();
      fs.openSync = (path, ...rest) => {
        const file = openSync(path, ...rest);
        if (String(path).endsWith('.journal')) journals.add(file);
        else journals.delete(file);
        return file;
      };
      fs.writeSync = ((file: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
        if (!journals.has(file)) return writeSync(file, bytes, offset, length, position);
        return around(
          () => {
            const written = writeSync(file, bytes, offset, length, position);
            fdatasyncSync(file);
            return written;
          },
          () => writeSync(file, bytes, offset, Math.floor(length / 2), position),
        );
      }) as typeof fs.writeSync;
      break;
    }
    case 'file-rename': {
      const { rename } = promises;
      const { renameSync } = fs;
      promises.rename = (from, to) => around(() => rename(from, to));
      fs.renameSync = (from, to) => around(() => renameSync(from, to));
      break;
    }
    case 'database-change': {
      const run: (this: StatementSync, ...parameters: SQLInputValue[]) => StatementResultingChanges =
        StatementSync.prototype.run;
      StatementSync.prototype.run = function (this: StatementSync, ...parameters: SQLInputValue[]) {
        const changes = /^\s*(insert|update|delete|commit)/i.test(this.sourceSQL);
        const write = () => run.apply(this, parameters);
        return changes ? around(write) : write();
      } as typeof StatementSync.prototype.run;
      break;
    }
  }
  syncBuiltinESMExports();
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal arrives at once, but perhaps not within this instruction.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}
