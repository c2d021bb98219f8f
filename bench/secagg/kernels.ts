// SPDX-License-Identifier: Apache-2.0
// What quantising, masking and summing cost per parameter, beside what this machine's memory, AES and SHA-256 allow, all in one run.
// node bench/secagg/kernels.ts; ends with 1 when a threshold is missed.
import { createCipheriv, createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sealed, sha256Hex } from '@kiban/core';
import { type AggregationPlan, type MaskStream, maskWords } from '@kiban/secagg';
import { kernelMemory, openRingKernels, quantisingFactor, RingKernels, scratchBytes } from '@kiban/tensor';
import { sumBlockBytes, sumShards } from '../../packages/hub/src/shard-summing.ts';
import { SurvivorWords, sumNextWords } from '../../packages/hub/src/survivor-words.ts';
import { openBlockSeeds } from '../../packages/node/src/block-seeds.ts';

const memberCounts = [4, 8, 16];
/** A part of 2 MiB of words: a run is shorter than a turn of the scheduler. */
const shardWords = 1 << 20;
const blockLength = 4_096;
const chunkValues = 1 << 18;
const measuredMs = 1_200;
const leastRepeats = 5;
const longestNsPerParameter = 8;
const leastShareOfMemcpy = 0.5;

/**
 * Shortest of many short runs by the clock, in seconds: what others do on the machine only ever adds. The processor clock is too coarse for
 * runs of some milliseconds.
 */
function bestSeconds(work: () => void): number {
  for (let warm = 0; warm < 3; warm += 1) work();
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
  readonly nsPerParameter?: number;
  readonly bytesPerSecond?: number;
  readonly shareOfMemcpy?: number;
  readonly shareOfAes?: number;
  readonly peakMegabytes: number;
  readonly missed?: boolean;
  readonly threshold?: string;
}

const rows: Row[] = [];
function add(row: Omit<Row, 'peakMegabytes'>): void {
  rows.push({ ...row, peakMegabytes: process.resourceUsage().maxRSS / 1024 });
}

const size = 32 << 20;
const from = Buffer.alloc(size, 1);
const to = Buffer.alloc(size, 2);
const memcpyRate = size / bestSeconds(() => void to.set(from));
add({ name: 'memcpy', bytesPerSecond: memcpyRate });
const zeros = new Uint8Array(131_072);
const partSize = 4 << 20;
const aesRate =
  partSize /
  bestSeconds(() => {
    const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32), Buffer.alloc(16));
    // The output's memory is given back at once, as the product does it: the rate of AES, not of the allocator.
    for (let done = 0; done < partSize; done += zeros.length) (cipher.update(zeros).buffer as ArrayBuffer).transfer(0);
  });
add({ name: 'AES-256-CTR', bytesPerSecond: aesRate, shareOfMemcpy: aesRate / memcpyRate });
const part = from.subarray(0, partSize);
const shaRate = partSize / bestSeconds(() => void createHash('sha256').update(part).digest());
add({ name: 'SHA-256', bytesPerSecond: shaRate, shareOfMemcpy: shaRate / memcpyRate });

const kernels = new RingKernels(kernelMemory(scratchBytes + 5 * chunkValues + 2 * shardWords), 0);
const values = new Float32Array(kernels.memory.buffer, scratchBytes, chunkValues);
for (let index = 0; index < chunkValues; index += 1) values[index] = Math.sin(index * 0.7) * 3;
const levels = new Int8Array(kernels.memory.buffer, scratchBytes + 4 * chunkValues, chunkValues);
const slot = kernels.bytes(scratchBytes + 5 * chunkValues, 2 * shardWords);
const plan = { bits: 16, wordCount: shardWords, levelLimit: 127 } as AggregationPlan;
const file = new Int8Array(shardWords);
const factor = quantisingFactor(0.03);

function quantiseShard(): void {
  const nextSeeds = openBlockSeeds(new Uint8Array(32), 'bench');
  for (let start = 0; start < shardWords; start += chunkValues) {
    const seeds = nextSeeds(chunkValues / blockLength);
    for (let at = 0; at < chunkValues; at += blockLength)
      kernels.quantise(
        values.subarray(at, at + blockLength),
        factor,
        127,
        seeds.subarray((at / blockLength) * 16, (at / blockLength + 1) * 16),
        levels.subarray(at, at + blockLength),
      );
    file.set(levels, start);
  }
}

function maskShard(memberCount: number, onChunk?: (bytes: Uint8Array) => void): void {
  const streams = Array.from({ length: memberCount }, (_, index): MaskStream => {
    return { key: new Uint8Array(32).fill(index), sign: index % 2 === 0 ? 1 : -1 };
  });
  maskWords({
    plan,
    streams: new Sealed(streams),
    levels: { count: shardWords, read: (target, at) => target.set(file.subarray(at, at + target.length)) },
    wordOffset: 0,
    kernels,
    into: slot,
    ...(onChunk === undefined ? {} : { onChunk }),
  });
}

const nsOf = (seconds: number) => (seconds / shardWords) * 1e9;
const quantising = bestSeconds(quantiseShard);
add({
  name: 'quantise',
  nsPerParameter: nsOf(quantising),
  bytesPerSecond: (4 * shardWords) / quantising,
  shareOfMemcpy: (4 * shardWords) / quantising / memcpyRate,
});
for (const memberCount of memberCounts) {
  const masking = bestSeconds(() => maskShard(memberCount));
  const streamRate = (2 * shardWords * memberCount) / masking;
  add({
    name: `mask, N=${memberCount}`,
    nsPerParameter: nsOf(masking),
    bytesPerSecond: streamRate,
    shareOfAes: streamRate / aesRate,
  });
  const whole = bestSeconds(() => {
    quantiseShard();
    const hash = createHash('sha256');
    maskShard(memberCount, (bytes) => hash.update(bytes));
    hash.digest();
  });
  // What the three would take at the rates above if nothing else cost anything.
  const limit = 4 / memcpyRate + 2 / shaRate + (2 * memberCount) / aesRate;
  add({
    name: `quantise + mask + digest, N=${memberCount} (bound ${(limit * 1e9).toFixed(1)} ns)`,
    nsPerParameter: nsOf(whole),
    shareOfAes: (2 * shardWords * memberCount) / whole / aesRate,
    ...(memberCount === 8
      ? { threshold: `<= ${longestNsPerParameter} ns`, missed: nsOf(whole) > longestNsPerParameter }
      : {}),
  });
}

const folder = mkdtempSync(join(tmpdir(), 'kiban-bench-'));
try {
  const shardBytes = 2 << 20;
  const shardCount = 2;
  const shard = Buffer.alloc(shardBytes, 3);
  const digest = sha256Hex(shard);
  const shardPaths = Array.from({ length: Math.max(...memberCounts) }, (_, member) =>
    Array.from({ length: shardCount }, (__, n) => {
      const path = join(folder, `${member}-${n}`);
      writeFileSync(path, shard);
      return path;
    }),
  );
  const totalBytes = shardBytes * shardCount;
  const summing = openRingKernels(2 * sumBlockBytes);
  const [total, incoming] = [0, sumBlockBytes].map((at) => summing.bytes(scratchBytes + at, sumBlockBytes));
  for (const memberCount of memberCounts) {
    const paths = shardPaths.slice(0, memberCount);
    const seconds = bestSeconds(() => {
      const survivors = paths.map((own) => new SurvivorWords(own, shardBytes));
      for (let start = 0; start < totalBytes; start += sumBlockBytes)
        sumNextWords(survivors, summing, 16, total!, incoming!);
      for (const survivor of survivors) survivor.close();
    });
    const rate = (memberCount * totalBytes) / seconds;
    add({
      name: `hub: read and sum, N=${memberCount}`,
      nsPerParameter: (seconds / (totalBytes / 2)) * 1e9,
      bytesPerSecond: rate,
      shareOfMemcpy: rate / memcpyRate,
      threshold: `>= ${leastShareOfMemcpy} of memcpy`,
      missed: rate < leastShareOfMemcpy * memcpyRate,
    });
    const streams = paths.map((_, index): MaskStream => ({ key: new Uint8Array(32).fill(index), sign: -1 }));
    const opened = bestSeconds(() => {
      const wordCount = totalBytes / 2;
      const plan = { bits: 16, wordCount, shardBytes } as AggregationPlan;
      const task = { plan, shardPaths: paths, shardDigests: paths.map((own) => own.map(() => digest)), streams };
      sumShards({ ...task, sumPath: join(folder, 'sum') }, summing);
    });
    add({
      name: `hub: the same, checked, opened, hashed and written, N=${memberCount}`,
      nsPerParameter: (opened / (totalBytes / 2)) * 1e9,
      bytesPerSecond: (memberCount * totalBytes) / opened,
      shareOfAes: (memberCount * totalBytes) / opened / aesRate,
    });
  }
} finally {
  rmSync(folder, { recursive: true });
}

const load = loadavg()[0]!.toFixed(1);
console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, load ${load}, Node ${process.versions.node}`);
console.log('one warm thread, best of many runs; rates in GB of input a second; 16-bit words\n');
const percent = (share: number | undefined) => (share === undefined ? '' : `${(share * 100).toFixed(0)} %`);
const cells = (row: Row) => [
  row.name,
  row.nsPerParameter?.toFixed(2) ?? '',
  row.bytesPerSecond === undefined ? '' : (row.bytesPerSecond / 1e9).toFixed(2),
  percent(row.shareOfMemcpy),
  percent(row.shareOfAes),
  row.peakMegabytes.toFixed(0),
  row.threshold === undefined ? '' : `${row.threshold}: ${row.missed === true ? 'MISSED' : 'met'}`,
];
const table = [['', 'ns/parameter', 'GB/s', 'of memcpy', 'of AES', 'peak MB', 'threshold'], ...rows.map(cells)];
const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
for (const row of table)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
if (rows.some((row) => row.missed === true)) process.exitCode = 1;
