// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { openGguf, readGgufHeader } from './gguf-reader.ts';
import { writeGguf } from './gguf-writer.ts';
import { GrowingBytes } from './growing-bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 'kiban-tensor-'));
after(() => rmSync(folder, { recursive: true }));

type Part = (bytes: GrowingBytes) => void;

interface Parts {
  readonly version?: number;
  readonly tensorCount?: number | bigint;
  readonly keyCount?: number | bigint;
  readonly keys?: readonly Part[];
  readonly tensors?: readonly Part[];
  readonly dataBytes?: number;
  readonly alignment?: number;
}

function fileOf(parts: Parts): string {
  const { version = 3, keys = [], tensors = [], dataBytes = 0, alignment = 32 } = parts;
  const bytes = new GrowingBytes();
  for (const letter of Buffer.from('GGUF')) bytes.uint8(letter);
  bytes.uint32(version);
  bytes.uint64(parts.tensorCount ?? tensors.length);
  bytes.uint64(parts.keyCount ?? keys.length);
  for (const part of [...keys, ...tensors]) part(bytes);
  bytes.zeros((alignment - (bytes.length % alignment)) % alignment);
  bytes.zeros(dataBytes);
  const path = join(folder, 'case.gguf');
  writeFileSync(path, bytes.written());
  return path;
}

const key =
  (name: string, code: number, write: Part): Part =>
  (bytes) => {
    bytes.text(name);
    bytes.uint32(code);
    write(bytes);
  };
const uint32Key = (name: string, value: number) => key(name, 4, (bytes) => bytes.uint32(value));
const tensor =
  (name: string, dimensions: readonly (number | bigint)[], code: number, offset: number | bigint): Part =>
  (bytes) => {
    bytes.text(name);
    bytes.uint32(dimensions.length);
    for (const dimension of dimensions) bytes.uint64(dimension);
    bytes.uint32(code);
    bytes.uint64(offset);
  };

const refused = (parts: Parts, message: RegExp) =>
  assert.rejects(readGgufHeader(fileOf(parts)), (error: Error & { code: string; detail: { en: string } }) => {
    assert.equal(error.code, 'model-file-invalid');
    assert.match(error.detail.en, message);
    return true;
  });

test('all value types are read, and 64-bit integers keep their value', async () => {
  const twoBytes: Part = (bytes) => {
    for (const byte of [1, 200]) bytes.uint8(byte);
  };
  const scalars: [string, number, Part, unknown][] = [
    ['uint8', 0, (b) => b.uint8(200), 200],
    ['int8', 1, (b) => b.uint8(200), -56],
    ['uint16', 2, twoBytes, 51_201],
    ['int16', 3, twoBytes, -14_335],
    ['uint32', 4, (b) => b.uint32(0xffffffff), 0xffffffff],
    ['int32', 5, (b) => b.int32(-9), -9],
    ['float32', 6, (b) => b.float32(0.25), 0.25],
    ['bool', 7, (b) => b.uint8(0), false],
    ['string', 8, (b) => b.text('炉'), '炉'],
    ['uint64', 10, (b) => b.uint64((1n << 64n) - 1n), (1n << 64n) - 1n],
    ['int64', 11, (b) => b.uint64((1n << 64n) - 2n), -2],
    ['float64', 12, (b) => b.uint64(0x3fd0000000000000n), 0.25],
  ];
  const keys = scalars.flatMap(([name, code, write]) => [
    key(name, code, write),
    key(`${name}[]`, 9, (bytes) => {
      bytes.uint32(code);
      bytes.uint64(2);
      write(bytes);
      write(bytes);
    }),
  ]);
  const { metadata } = await readGgufHeader(fileOf({ keys }));
  for (const [name, , , value] of scalars) {
    assert.deepEqual(metadata.get(name), value);
    assert.deepEqual(metadata.get(`${name}[]`), [value, value]);
  }
});

test('a header larger than the first read is read whole', async () => {
  const path = join(folder, 'long.gguf');
  const tokens = Array.from({ length: 150_000 }, (_, index) => `token number ${index}`);
  await writeGguf(path, new Map([['tokens', { type: 'strings', value: tokens }]]), [
    { name: 'w', shape: [1], type: 'F32', data: () => Float32Array.of(3) },
  ]);
  await using file = await openGguf(path);
  assert.deepEqual(file.metadata.get('tokens'), tokens);
  assert.deepEqual([...(await file.readF32('w'))], [3]);
  await assert.rejects(file.readF32('x'), { code: 'model-file-invalid' });
});

test('counts, lengths and types out of bounds are refused before anything is made from them', async () => {
  const huge = (1n << 63n) + 1n;
  await refused({ version: 2 }, /version 2/);
  await refused({ tensorCount: huge }, /number of tensors/);
  await refused({ keyCount: huge }, /number of keys/);
  await refused({ keyCount: 1 }, /cut off/);
  await refused({ keys: [(bytes) => bytes.uint64(huge)] }, /a key, \d+, is out of bounds/);
  await refused({ keys: [key('k', 8, (bytes) => bytes.uint64(huge))] }, /key k: the length/);
  await refused({ keys: [key('k', 13, () => undefined)] }, /key k: its type 13/);
  await refused({ keys: [key('k', 7, (bytes) => bytes.uint8(2))] }, /key k is neither/);
  const array =
    (code: number, length: bigint): Part =>
    (bytes) => {
      bytes.uint32(code);
      bytes.uint64(length);
    };
  await refused({ keys: [key('k', 9, array(0, huge))] }, /key k: the number of items/);
  await refused({ keys: [key('k', 9, array(8, 3n))], dataBytes: 0 }, /key k: the number of items/);
  await refused({ keys: [key('k', 9, array(9, 1n))] }, /key k: its type 9/);
  await refused({ keys: [key('k', 9, array(0, 10_000_001n))], dataBytes: 10_100_000 }, /key k: the number of items/);
  await refused({ keys: [uint32Key('k', 1), uint32Key('k', 1)] }, /key k is there twice/);
  for (const alignment of [0, 33, 1 << 20])
    await refused({ keys: [uint32Key('general.alignment', alignment)] }, /general.alignment/);
  await refused({ keys: [key('general.alignment', 5, (bytes) => bytes.int32(32))] }, /general.alignment/);
});

test('tensors that do not lie one behind another inside the file are refused, naming the tensor', async () => {
  const a = tensor('a', [8], 0, 0);
  await refused({ tensors: [a, tensor('b', [8], 0, 0)], dataBytes: 64 }, /tensor b: its data overlap/);
  await refused({ tensors: [a, tensor('b', [8], 0, 64)], dataBytes: 96 }, /tensor b: there is a gap/);
  await refused({ tensors: [tensor('a', [8], 0, 32)], dataBytes: 64 }, /tensor a: there is a gap/);
  await refused({ tensors: [a, tensor('b', [8], 0, 32)], dataBytes: 63 }, /tensor b lies outside/);
  await refused({ tensors: [a], dataBytes: 64 }, /bytes behind the last tensor/);
  await refused({ tensors: [a, tensor('a', [8], 0, 32)], dataBytes: 64 }, /tensor a is there twice/);
  await refused({ tensors: [tensor('a', [8], 4, 0)], dataBytes: 64 }, /tensor a: its type 4 is unknown/);
  await refused({ tensors: [tensor('a', [], 0, 0)], dataBytes: 32 }, /tensor a has 0 dimensions/);
  await refused({ tensors: [tensor('a', [1, 1, 1, 1, 8], 0, 0)], dataBytes: 32 }, /tensor a has 5 dimensions/);
  await refused({ tensors: [tensor('a', [8, 0], 0, 0)], dataBytes: 32 }, /tensor a: 8 x 0/);
  await refused({ tensors: [tensor('a', [33], 8, 0)], dataBytes: 64 }, /tensor a: 33 cannot be Q8_0/);
  await refused({ tensors: [tensor('a', [1n << 32n, 1n << 32n], 0, 0)] }, /cannot be F32/);
  await refused({ tensors: [tensor('a', [1n << 52n], 0, 0)] }, /cannot be F32/);
  await refused({ tensors: [tensor('a', [1n << 40n], 0, 0)] }, /tensor a lies outside/);
  await refused({ tensors: [tensor('n'.repeat(64), [8], 0, 0)], dataBytes: 32 }, /the name is too long/);
});

test('another alignment and the block types of others are understood', async () => {
  const path = fileOf({
    keys: [uint32Key('general.alignment', 256)],
    tensors: [tensor('q', [512, 2], 12, 0), tensor('m', [32], 39, 768)],
    alignment: 256,
    dataBytes: 768 + 17,
  });
  await using file = await openGguf(path);
  const q = file.tensors.get('q')!;
  assert.deepEqual([q.shape, q.type, q.byteLength, q.dataOffset % 256], [[2, 512], 'Q4_K', 576, 0]);
  assert.equal(file.tensors.get('m')!.byteLength, 17);
  await assert.rejects(file.readF32('q'), RangeError);
});

test('damaged bytes are refused with a typed error, or still describe a file that can be read', async () => {
  const path = join(folder, 'whole.gguf');
  await writeGguf(
    path,
    new Map([
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['texts', { type: 'strings', value: ['a', 'bc'] }],
    ]),
    [
      { name: 'm', shape: [2, 32], type: 'Q8_0', data: () => new Float32Array(64).fill(0.5) },
      { name: 'v', shape: [3], type: 'F32', data: () => Float32Array.of(1, 2, 3) },
    ],
  );
  const whole = readFileSync(path);
  const { tensors } = await readGgufHeader(path);
  const end = tensors.get('v')!.dataOffset + 12;
  const damaged = join(folder, 'damaged.gguf');
  for (let length = 0; length < end; length += 1) {
    writeFileSync(damaged, whole.subarray(0, length));
    await assert.rejects(readGgufHeader(damaged), { code: 'model-file-invalid' });
  }
  const random = new SeededRandom('damage');
  for (let run = 0; run < 600; run += 1) {
    const bytes = Buffer.from(whole);
    for (let change = 0; change <= random.below(3); change += 1) bytes[random.below(end)] = random.below(256);
    writeFileSync(damaged, bytes);
    try {
      await using file = await openGguf(damaged);
      for (const [name, { type }] of file.tensors)
        if (['F32', 'F16', 'Q8_0', 'BF16'].includes(type)) await file.readF32(name);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'model-file-invalid', String(error));
    }
  }
});
