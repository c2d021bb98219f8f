// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { quantiseBlock, roundingNoise } from '@kiban/tensor';
import type { MachineRates } from './computed-limit.ts';

const mebibyte = 1 << 20;
const shardBytes = 8 * mebibyte;

/** Measures this machine in about five seconds; files go into `directory`. The best of several tries counts: others only take away. */
export async function measureMachineRates(directory: string): Promise<MachineRates> {
  const block = Buffer.alloc(mebibyte, 7);
  const target = Buffer.alloc(mebibyte);
  const copy = bestRate(64 * mebibyte, () => repeat(64, () => void block.copy(target)));
  const zeros = Buffer.alloc(1 << 16);
  const cipher = bestRate(64 * mebibyte, () => {
    const stream = createCipheriv('aes-256-ctr', Buffer.alloc(32, 1), Buffer.alloc(16));
    repeat(1024, () => void stream.update(zeros));
  });
  const sha256 = bestRate(64 * mebibyte, () => {
    const hash = createHash('sha256');
    repeat(64, () => void hash.update(block));
    hash.digest();
  });
  const values = new Float32Array(4096).fill(0.01);
  const noise = roundingNoise(Buffer.alloc(16, 3));
  const quantise = bestRate(4 * mebibyte, () => repeat(256, () => void quantiseBlock(values, 0.001, 127, noise)));
  return { copy, quantise, cipher, sha256, ...diskRates(directory, block), transfer: await transferRate() };
}

function repeat(times: number, work: () => void): void {
  for (let time = 0; time < times; time += 1) work();
}

function bestRate(bytes: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 8; time += 1) {
    const startedAt = performance.now();
    work();
    best = Math.min(best, performance.now() - startedAt);
  }
  return (bytes * 1e3) / best;
}

function diskRates(directory: string, block: Buffer): Pick<MachineRates, 'write' | 'read' | 'disk'> {
  const paths = Array.from({ length: 8 }, (_, number) => join(directory, `rate-${number}`));
  const fill = (sync: boolean) => {
    for (const path of paths) {
      const file = openSync(path, 'w');
      repeat(shardBytes / mebibyte, () => void writeSync(file, block));
      if (sync) fdatasyncSync(file);
      closeSync(file);
    }
  };
  const write = bestRate(paths.length * shardBytes, () => fill(false));
  const startedAt = performance.now();
  fill(true);
  const disk = (paths.length * shardBytes * 1e3) / (performance.now() - startedAt);
  const into = Buffer.alloc(mebibyte);
  const read = bestRate(paths.length * shardBytes, () => {
    for (const path of paths) {
      const file = openSync(path, 'r');
      repeat(shardBytes / mebibyte, () => void readSync(file, into));
      closeSync(file);
    }
  });
  for (const path of paths) rmSync(path);
  return { write, read, disk };
}

/** Client and server in this one process, so that its processor time is that of both ends. */
async function transferRate(): Promise<number> {
  const server = createServer((incoming, response) => {
    incoming.resume();
    incoming.once('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const body = Buffer.alloc(shardBytes, 9);
  const send = async () => {
    const call = request({ port, method: 'PUT', agent, headers: { 'content-length': body.length } });
    call.end(body);
    const [response] = (await once(call, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    await once(response, 'end');
  };
  const shardsPerTry = 8;
  let best = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 5; time += 1) {
    const before = process.cpuUsage();
    for (let shard = 0; shard < shardsPerTry; shard += 1) await send();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  agent.destroy();
  server.close();
  return (shardsPerTry * shardBytes) / best;
}
