// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BenchCoalition, type MeasuredRound, type RoundSettings } from './bench-coalition.ts';
import { computedLimit, computedPlainLimit, type MachineRates } from './computed-limit.ts';
import { measureMachineRates } from './machine-rates.ts';
import type { ProcessorMs } from './process-profile.ts';

// Whole rounds of secure aggregation over the product's hub and members, each a process on loopback, against what the machine could do.
// Examples: node bench/secagg/rounds.ts · --members 8 --parameters 1e7 --dropped 1 --runs 5 · --members 4 --quorum 3 --parameters 1e9 --runs 1

const { values: options } = parseArgs({
  options: {
    members: { type: 'string', default: '4,8,16' },
    parameters: { type: 'string', default: '1e6,1e7' },
    dropped: { type: 'string', default: '1' },
    bits: { type: 'string', default: '16' },
    runs: { type: 'string', default: '2' },
    quorum: { type: 'string' },
    'grace-ms': { type: 'string', default: '3000' },
    'shard-bytes': { type: 'string', default: String(8 * 1024 * 1024) },
    /** Two more rounds of each case: where processor time goes, by thread and (at the cost of being slower) by function. */
    profile: { type: 'boolean', default: false },
    /** Leaves the unmasked control out. */
    'masked-only': { type: 'boolean', default: false },
    /** Most bytes that a member sends per parameter, at 10^7 parameters and more; half of it for words of 8 bits. */
    'most-bytes': { type: 'string', default: '2.05' },
    /** Most times the computed limit, for 8 members, 10^7 parameters and 16 bits. */
    'most-ratio': { type: 'string', default: '2' },
    /** Most that peak memory may grow with members, and with parameters from 10^7 on. */
    'most-growth': { type: 'string', default: '1.1' },
    /** Most resident memory of the hub and of a member, MiB. */
    'most-memory': { type: 'string', default: '1024' },
  },
});

interface Case {
  readonly settings: RoundSettings;
  readonly best: MeasuredRound;
  readonly hubBytes: number;
  readonly memberBytes: number;
}

const faults: string[] = [];
const cases: Case[] = [];
const rows: Record<string, string | number>[] = [];
const cores = os.availableParallelism();
const numbers = (text: string) => text.split(',').map(Number);
const bits = Number(options.bits) as 8 | 16;
const rateDirectory = mkdtempSync(join(os.tmpdir(), 'kiban-rates-'));
let interrupted = false;
let open: BenchCoalition | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interrupted = true;
    rmSync(rateDirectory, { recursive: true, force: true });
    void Promise.resolve(open?.[Symbol.asyncDispose]()).finally(() => process.exit(130));
  });

try {
  console.log(
    `${os.cpus()[0]?.model ?? 'unknown'} x${cores}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, load ${os.loadavg()[0]!.toFixed(2)}, Node ${process.version}`,
  );
  const rates = await measureMachineRates(rateDirectory);
  console.log(
    `GB/s: ${Object.entries(rates)
      .map(([name, rate]) => `${name} ${((rate as number) / 1e9).toFixed(2)}`)
      .join(', ')}`,
  );
  for (const parameters of numbers(options.parameters))
    for (const members of numbers(options.members)) await measure(settingsOf(members, parameters), rates);
  console.table(rows);
  judge(rates);
  for (const fault of faults) console.error(`MISSED ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  rmSync(rateDirectory, { recursive: true, force: true });
}

function longest(spent: ProcessorMs): string {
  return Object.entries(spent)
    .filter(([name, ms]) => ms >= 10 && name !== '(idle)')
    .sort((a, b) => b[1] - a[1])
    .slice(0, 25)
    .map(([name, ms]) => `\n  ${ms.toFixed(0).padStart(6)} ${name}`)
    .join('');
}

function settingsOf(members: number, parameters: number): RoundSettings {
  return {
    members,
    parameters,
    bits,
    dropped: Number(options.dropped),
    quorum: options.quorum === undefined ? undefined : Number(options.quorum),
    shardBytes: Number(options['shard-bytes']),
    graceMs: Number(options['grace-ms']),
  };
}

async function measure(settings: RoundSettings, rates: MachineRates): Promise<void> {
  const { members, parameters, dropped } = settings;
  const name = `${members} members, ${parameters.toExponential(0)} parameters`;
  try {
    const coalition = await BenchCoalition.create(settings, (created) => {
      open = created;
    });
    const rounds: MeasuredRound[] = [];
    for (let run = 0; run < Number(options.runs); run += 1) {
      const round = await coalition.round();
      rounds.push(round);
      if (round.firstWrong !== undefined) faults.push(`${name}: the sum is wrong at value ${round.firstWrong}`);
      if (round.survivors.length !== members - dropped)
        faults.push(`${name}: ${round.survivors.length} survivors of ${members}`);
    }
    // Before the control, whose uploads would count too.
    const memory = await coalition.peakMemory();
    const plain = options['masked-only'] ? undefined : await coalition.plainRound();
    if (plain?.firstWrong !== undefined) faults.push(`${name}: the control's sum is wrong at ${plain.firstWrong}`);
    if (options.profile)
      for (const kind of ['threads', 'functions'] as const) {
        const { hub, members: survivors } = await coalition.profiledRound(kind);
        console.log(
          `${name}, milliseconds by ${kind}, hub: ${longest(hub)}\n${name}, survivors together: ${longest(survivors)}`,
        );
      }
    const best = rounds.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    const limit = computedLimit(rates, { ...settings, cores }) * parameters;
    const plainLimit = computedPlainLimit(rates, { ...settings, cores }) * parameters;
    const sorted = rounds.map((round) => round.seconds).sort((a, b) => a - b);
    cases.push({ settings, best, ...memory });
    rows.push({
      N: members,
      M: parameters.toExponential(0),
      lost: dropped,
      's best': round2(best.seconds),
      's median': round2(sorted[Math.floor(sorted.length / 2)]!),
      'x limit': round2(best.seconds / limit),
      'ns/param': round2((best.seconds / parameters) * 1e9),
      'CPU ns/param': round2((best.processorSeconds / parameters) * 1e9),
      agree: round2(best.stages.agree),
      upload: round2(best.stages.upload),
      sign: round2(best.stages.sign),
      open: round2(best.stages.open),
      '(grace)': round2(best.stages.grace),
      ...(plain && {
        'plain s': round2(plain.seconds),
        'x plain limit': round2(plain.seconds / plainLimit),
        'masked / plain': round2(best.seconds / plain.seconds),
      }),
      'B/param': best.bodyBytesPerParameter.toFixed(3),
      'socket B/param': best.socketBytesPerParameter.toFixed(3),
      'hub stall ms': Math.round(best.hubStallMs),
      'hub MiB': Math.round(memory.hubBytes / 2 ** 20),
      'member MiB': Math.round(memory.memberBytes / 2 ** 20),
    });
    console.log(`${name}: ${rounds.map((round) => `${round.seconds.toFixed(2)} s`).join(', ')}`);
  } catch (error) {
    if (interrupted) return;
    console.error(open?.hubLog.slice(-4_000));
    throw error;
  } finally {
    await open?.[Symbol.asyncDispose]();
    open = undefined;
  }
}

function judge(rates: MachineRates): void {
  const mostBytes = Number(options['most-bytes']) * (bits / 16);
  const mostRatio = Number(options['most-ratio']);
  const mostMemory = Number(options['most-memory']) * 2 ** 20;
  for (const { settings, best, hubBytes, memberBytes } of cases) {
    const { members, parameters } = settings;
    const name = `${members} members, ${parameters.toExponential(0)} parameters`;
    if (parameters >= 1e7 && best.socketBytesPerParameter > mostBytes)
      faults.push(`${name}: ${best.socketBytesPerParameter.toFixed(3)} bytes per parameter, at most ${mostBytes}`);
    const ratio = best.seconds / (computedLimit(rates, { ...settings, cores }) * parameters);
    if (members === 8 && parameters === 1e7 && bits === 16 && ratio > mostRatio)
      faults.push(`${name}: ${ratio.toFixed(2)} times the computed limit, at most ${mostRatio}`);
    if (Math.max(hubBytes, memberBytes) > mostMemory)
      faults.push(`${name}: ${Math.round(Math.max(hubBytes, memberBytes) / 2 ** 20)} MiB resident`);
  }
  judgeGrowth(
    'members',
    (one) => one.settings.parameters,
    (one) => one.settings.members,
  );
  judgeGrowth(
    'parameters',
    (one) => one.settings.members,
    (one) => one.settings.parameters,
  );
}

/** From the smallest to every larger case of a group; parameters count from 10^7, where a member fills more than one shard. */
function judgeGrowth(by: string, groupOf: (one: Case) => number, sizeOf: (one: Case) => number): void {
  const mostGrowth = Number(options['most-growth']);
  const large = cases.filter((one) => one.settings.parameters >= 1e7);
  for (const group of Map.groupBy(large, groupOf).values()) {
    const [first, ...rest] = [...group].sort((a, b) => sizeOf(a) - sizeOf(b));
    for (const later of rest)
      for (const kind of ['hubBytes', 'memberBytes'] as const) {
        const growth = later[kind] / first![kind];
        if (growth > mostGrowth)
          faults.push(`${kind} grow ${growth.toFixed(2)} times from ${sizeOf(first!)} to ${sizeOf(later)} ${by}`);
      }
  }
}

function round2(value: number): number {
  return Number(value.toFixed(2));
}
