// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SeededRandom, sha256Hex } from '@kiban/core';
import { openKeyStream } from '@kiban/crypto';
import { type AggregationPlan, type MaskStream, wordsOf } from '@kiban/secagg';
import { addWords, subtractWords } from '@kiban/tensor';
import { sumBlockBytes, sumShards } from './shard-summing.ts';

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-sum-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Members' vectors cut into shard files; some bytes of a vector repeat, which a sum does not mind. */
function spool(folder: string, bits: 8 | 16 | 32, wordCount: number, shardBytes: number, members: number) {
  const random = new SeededRandom(bits);
  const seed = Uint8Array.from({ length: 10_007 }, () => random.below(256));
  const vectors = Array.from({ length: members }, (_, member) =>
    Uint8Array.from({ length: wordCount * (bits / 8) }, (__, index) => seed[(index * (member + 1)) % seed.length]!),
  );
  const shardPaths = vectors.map((vector, member) =>
    Array.from({ length: Math.ceil(vector.length / shardBytes) }, (_, n) => {
      const path = join(folder, `${member}-${n}`);
      writeFileSync(path, vector.subarray(n * shardBytes, (n + 1) * shardBytes));
      return path;
    }),
  );
  const shardDigests = shardPaths.map((paths) => paths.map((path) => sha256Hex(readFileSync(path))));
  return { vectors, shardPaths, shardDigests };
}

const streams: MaskStream[] = [
  { key: new Uint8Array(32).fill(1), sign: 1 },
  { key: new Uint8Array(32).fill(2), sign: -1 },
];

test('the sum is the plain sum of the survivors with the streams applied, for shards that end anywhere in a block', () => {
  for (const [bits, wordCount, shardBytes] of [
    [16, 37, 64],
    [8, sumBlockBytes + 77, 786_432],
    [16, sumBlockBytes - 5, 983_040],
    [32, 300_001, 1_310_720],
  ] as const)
    inFolder((folder) => {
      const { vectors, shardPaths, shardDigests } = spool(folder, bits, wordCount, shardBytes, 3);
      const plain = wordsOf(bits, vectors[0]!.slice());
      for (const vector of vectors.slice(1)) addWords(plain, wordsOf(bits, vector));
      for (const { key, sign } of streams) {
        const mask = wordsOf(bits, new Uint8Array(openKeyStream(key).next(plain.byteLength)));
        (sign === 1 ? addWords : subtractWords)(plain, mask);
      }
      const sumPath = join(folder, 'sum');
      const plan = { bits, wordCount, shardBytes } as AggregationPlan;
      const digest = sumShards({ plan, shardPaths, shardDigests, streams, sumPath });
      const bytes = readFileSync(sumPath);
      assert.ok(bytes.equals(Buffer.from(plain.buffer)));
      assert.equal(digest, sha256Hex(bytes));
    });
});

test('a shard that is missing or too short ends without a sum', () => {
  inFolder((folder) => {
    const { shardPaths, shardDigests } = spool(folder, 16, 100, 64, 3);
    const plan = { bits: 16, wordCount: 100, shardBytes: 64 } as AggregationPlan;
    const sumPath = join(folder, 'sum');
    const sum = (paths: readonly (readonly string[])[]) =>
      sumShards({ plan, shardPaths: paths, shardDigests, streams, sumPath });
    assert.throws(() => sum([shardPaths[0]!, shardPaths[1]!.slice(0, -1)]), /fewer shards/);
    truncateSync(shardPaths[2]![1]!, 63);
    assert.throws(() => sum(shardPaths), /shorter than the plan/);
    rmSync(shardPaths[2]![1]!);
    assert.throws(() => sum(shardPaths), /cannot be opened/);
    assert.equal(existsSync(sumPath), false);
  });
});

test('one bit that differs anywhere in a shard ends without a sum; bytes behind a shard are nobody’s words', () => {
  inFolder((folder) => {
    const { shardPaths, shardDigests } = spool(folder, 16, 100, 64, 3);
    const plan = { bits: 16, wordCount: 100, shardBytes: 64 } as AggregationPlan;
    const sumPath = join(folder, 'sum');
    const sum = () => sumShards({ plan, shardPaths, shardDigests, streams, sumPath });
    const right = sum();
    rmSync(sumPath);
    for (const path of [shardPaths[0]![0]!, shardPaths[1]![2]!, shardPaths[2]![3]!]) {
      const bytes = readFileSync(path);
      for (const place of [0, bytes.length - 1]) {
        const changed = Buffer.from(bytes);
        changed[place]! ^= 1 << (place % 8);
        writeFileSync(path, changed);
        assert.throws(sum, { name: 'DamagedShard', message: /other bytes than were acknowledged/ });
        assert.equal(existsSync(sumPath), false);
      }
      writeFileSync(path, Buffer.concat([bytes, bytes]));
    }
    assert.equal(sum(), right);
  });
});
