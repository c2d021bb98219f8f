// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openGguf } from './gguf-reader.ts';
import type { GgufValue } from './gguf-types.ts';
import { type GgufTensorToWrite, writeGguf } from './gguf-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'kiban-tensor-'));
after(() => rmSync(folder, { recursive: true }));

const metadata = new Map<string, GgufValue>([
  ['general.architecture', { type: 'string', value: '基盤' }],
  ['u', { type: 'uint32', value: 4_294_967_295 }],
  ['i', { type: 'int32', value: -5 }],
  ['f', { type: 'float32', value: 0.5 }],
  ['flag', { type: 'bool', value: true }],
  ['large', { type: 'uint64', value: 1n << 60n }],
  ['small', { type: 'uint64', value: 7n }],
  ['texts', { type: 'strings', value: ['a', '', '高炉'] }],
  ['numbers', { type: 'int32s', value: [1, -2] }],
  ['scores', { type: 'float32s', value: [0.25, -1] }],
]);

test('what was written is read back, with every tensor at a multiple of 32 bytes', async () => {
  const path = join(folder, 'a.gguf');
  const values = Float32Array.from({ length: 96 }, (_, index) => index / 8);
  await writeGguf(path, metadata, [
    { name: 'v', shape: [3], type: 'F32', data: () => Float32Array.of(1, 2, 3) },
    { name: 'q', shape: [3, 32], type: 'Q8_0', data: () => new Float32Array(96).fill(0.5) },
    { name: 'h', shape: [4, 3, 8], type: 'F16', data: async () => [values.subarray(0, 33), values.subarray(33)] },
  ]);
  await using file = await openGguf(path);
  const read = Object.fromEntries([...metadata].map(([key, { value }]) => [key, key === 'small' ? 7 : value]));
  assert.deepEqual(Object.fromEntries(file.metadata), read);
  assert.deepEqual(
    [...file.tensors].map(([name, { shape, type, byteLength }]) => [name, shape, type, byteLength]),
    [
      ['v', [3], 'F32', 12],
      ['q', [3, 32], 'Q8_0', 102],
      ['h', [4, 3, 8], 'F16', 192],
    ],
  );
  for (const { dataOffset } of file.tensors.values()) assert.equal(dataOffset % 32, 0);
  assert.deepEqual([...(await file.readF32('v'))], [1, 2, 3]);
  for (const value of await file.readF32('q')) assert.ok(Math.abs(value - 0.5) < 1e-3);
  assert.deepEqual(await file.readF32('h'), values);
  assert.equal(readFileSync(path).length % 32, 0);
});

test('a tensor that the format or its type cannot hold is refused by name, and nothing is left behind', async () => {
  const own = mkdtempSync(join(folder, 'refused-'));
  const path = join(own, 'a.gguf');
  const tensor = (changes: Partial<GgufTensorToWrite>): GgufTensorToWrite => ({
    name: 'w',
    shape: [2, 32],
    type: 'F16',
    data: () => new Float32Array(64),
    ...changes,
  });
  const faulty = (value: number) => () => new Float32Array(64).fill(value, 63);
  for (const [changes, message] of [
    [{ type: 'Q8_0', shape: [4, 16] }, /w: 4 x 16 cannot be Q8_0/],
    [{ shape: [] }, /cannot be F16/],
    [{ shape: [1, 1, 1, 1, 64] }, /cannot be F16/],
    [{ shape: [0, 64] }, /cannot be F16/],
    [{ name: 'n'.repeat(64) }, /too long/],
    [{ shape: [2, 16] }, /tensor w: more than 32/],
    [{ shape: [2, 64] }, /tensor w: 64 values for 128/],
    [{ data: faulty(Number.NaN) }, /tensor w: NaN has no finite float16 form/],
    [{ data: faulty(70_000) }, /tensor w: 70000 has no finite float16 form/],
    [{ type: 'Q8_0', data: faulty(Number.NEGATIVE_INFINITY) }, /tensor w: -Infinity has no Q8_0 form/],
  ] as const)
    await assert.rejects(writeGguf(path, metadata, [tensor(changes)]), (error: Error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, message);
      return true;
    });
  await assert.rejects(writeGguf(path, metadata, [tensor({}), tensor({})]), /given twice/);
  assert.deepEqual(readdirSync(own), []);
});
