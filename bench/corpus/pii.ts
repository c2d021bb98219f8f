// SPDX-License-Identifier: Apache-2.0
// What shadows and the detection of personal data cost, beside memcpy and NFKC of the same text in the same run, on one core.
// node bench/corpus/pii.ts; ends with 1 when a threshold is missed.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dedupShadow, nfkcShadow, piiShadow } from '@kiban/japanese';
import { applyFindings, detect, parsePolicy } from '@kiban/pii';
import { benchText } from './bench-texts.ts';

/** Small enough that a run is shorter than a turn of the scheduler. */
const textBytes = 128 << 10;
const measuredMs = 2_000;
const leastRepeats = 5;
const leastShadowMegabytes = 40;
const leastDetectionMegabytes = 15;

/** Shortest of many short runs by the clock, in seconds: what others do on the machine only ever adds. */
function bestSeconds(work: () => void): number {
  const warmUntil = performance.now() + 700;
  while (performance.now() < warmUntil) work();
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + measuredMs;
  for (let repeat = 0; repeat < leastRepeats || performance.now() < end; repeat += 1) {
    const before = performance.now();
    work();
    best = Math.min(best, performance.now() - before);
  }
  return best / 1_000;
}

interface Row {
  readonly name: string;
  readonly megabytesPerSecond: number;
  readonly threshold?: number;
}

const rows: Row[] = [];
const mixed = benchText('mixed', textBytes);
function add(name: string, text: string, work: () => void, threshold?: number): void {
  const megabytesPerSecond = Buffer.byteLength(text) / 1e6 / bestSeconds(work);
  rows.push({ name, megabytesPerSecond, ...(threshold === undefined ? {} : { threshold }) });
}

const copied = Buffer.alloc(32 << 20, 1);
const target = Buffer.alloc(copied.length);
rows.push({
  name: 'memcpy of 32 MiB',
  megabytesPerSecond: copied.length / 1e6 / bestSeconds(() => void target.set(copied)),
});
add('NFKC of Node, without a map', mixed, () => void mixed.normalize('NFKC'));
add('NFKC shadow with map', mixed, () => void nfkcShadow(mixed), leastShadowMegabytes);
add('shadow for personal data', mixed, () => void piiShadow(mixed), leastShadowMegabytes);
add('dedup shadow', mixed, () => void dedupShadow(mixed));
add('detection, mixed text', mixed, () => void detect(mixed), leastDetectionMegabytes);
for (const kind of ['shift log', 'paper', 'form'] as const) {
  const text = benchText(kind, textBytes);
  add(`detection, ${kind} only`, text, () => void detect(text), kind === 'form' ? undefined : leastDetectionMegabytes);
}
add(
  'detection and masking, mixed text',
  mixed,
  () => void applyFindings(mixed, detect(mixed)),
  leastDetectionMegabytes,
);
const policy = parsePolicy(
  `version: 1
patterns:
  - { class: employee-number, label: { ja: 社員番号, en: employee number }, pattern: 'E\\d{6}', context: [社員番号], contextRequired: true }
  - { class: device-number, label: { ja: 端末番号, en: device number }, pattern: 'KB-[0-9A-F]{8}' }
`,
  'bench',
);
add('detection, mixed text, two company patterns', mixed, () => void detect(mixed, policy));

const load = loadavg()[0]!.toFixed(1);
console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, load ${load}, Node ${process.versions.node}`);
console.log('one warm thread, best of many runs; MB of UTF-8 a second\n');
const [memcpy, nfkc] = rows as [Row, Row];
const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
const missed = (row: Row) => row.threshold !== undefined && row.megabytesPerSecond < row.threshold;
const cells = (row: Row) => [
  row.name,
  row.megabytesPerSecond.toFixed(1),
  percent(row.megabytesPerSecond / nfkc.megabytesPerSecond),
  percent(row.megabytesPerSecond / memcpy.megabytesPerSecond),
  row.threshold === undefined ? '' : `>= ${row.threshold}: ${missed(row) ? 'MISSED' : 'met'}`,
];
const table = [['', 'MB/s', 'of NFKC', 'of memcpy', 'threshold'], ...rows.map(cells)];
const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
for (const row of table)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
if (rows.some(missed)) process.exitCode = 1;
