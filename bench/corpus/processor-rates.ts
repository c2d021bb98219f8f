// SPDX-License-Identifier: Apache-2.0
import { availableParallelism, cpus, loadavg } from 'node:os';

export interface Rate {
  readonly name: string;
  readonly megabytesPerSecond: number;
  /** What is asked for, and whether it was reached. */
  readonly least?: number;
}

const measuredMs = 1_500;

/**
 * MB of input per second of processor time, the best of several parts of a run: other load on the machine takes no processor time of ours, but
 * shares caches and the core's two threads, so it only ever adds. Includes the collector's threads.
 */
export function processorRate(name: string, bytes: number, work: () => void, least?: number): Rate {
  for (let warm = 0; warm < 2; warm += 1) work();
  const ms = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  };
  let best = 0;
  const end = ms() + measuredMs;
  for (let part = 0; part < 4 || ms() < end; part += 1) {
    const from = ms();
    let done = 0;
    // The clock of the processor is coarse: parts of 100 ms.
    for (; ms() - from < 100; done += bytes) work();
    best = Math.max(best, done / 1_000 / (ms() - from));
  }
  return { name, megabytesPerSecond: best, ...(least === undefined ? {} : { least }) };
}

export function printRates(rates: readonly Rate[], memcpy: number, nfkc: number): void {
  const rows = rates.map(({ name, megabytesPerSecond, least }) => [
    name,
    megabytesPerSecond.toFixed(1),
    `${((megabytesPerSecond / memcpy) * 100).toFixed(2)} %`,
    `${((megabytesPerSecond / nfkc) * 100).toFixed(0)} %`,
    least === undefined ? '' : `>= ${least}: ${megabytesPerSecond >= least ? 'met' : 'MISSED'}`,
  ]);
  const table = [['', 'MB/s per core', 'of memcpy', 'of NFKC', 'threshold'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
  if (rates.some(({ megabytesPerSecond, least }) => least !== undefined && megabytesPerSecond < least))
    process.exitCode = 1;
}

export function printMachine(): void {
  const load = loadavg()[0]!.toFixed(1);
  console.log(
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, load ${load}, Node ${process.versions.node}`,
  );
}

/** Copying 32 MB, in MB per second of processor time. */
export function memcpyRate(): Rate {
  const [from, to] = [Buffer.alloc(32 << 20, 1), Buffer.alloc(32 << 20, 2)];
  return processorRate('memcpy', from.length, () => void to.set(from));
}
