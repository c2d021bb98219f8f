// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { openSafetensors } from './safetensors-reader.ts';
import { writeSafetensors } from './safetensors-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'kiban-tensor-'));
after(() => rmSync(folder, { recursive: true }));

test('ranges are read without the rest, and a range beyond the tensor is refused', async () => {
  const path = join(folder, 'ranges.safetensors');
  const values = Float32Array.from({ length: 12 }, (_, index) => index - 5.5);
  await writeSafetensors(path, [
    { name: 'before', dtype: 'F16', shape: [3], data: () => new Float32Array(3) },
    { name: 'w', dtype: 'F32', shape: [3, 4], data: () => values },
    { name: 'half', dtype: 'BF16', shape: [12], data: () => values },
  ]);
  await using file = await openSafetensors(path);
  assert.deepEqual(await file.readF32Range('w', 4, 3), values.slice(4, 7));
  assert.deepEqual(await file.readF32Range('half', 11, 1), values.slice(11));
  assert.deepEqual(await file.readF32Range('w', 12, 0), new Float32Array(0));
  for (const [first, count] of [
    [10, 3],
    [-1, 2],
    [0, -1],
    [0.5, 1],
    [Number.NaN, 1],
  ] as const)
    await assert.rejects(file.readF32Range('w', first, count), RangeError);
  await assert.rejects(file.readF32('absent'), { code: 'model-file-invalid' });
  await assert.rejects(file.readF32Range('absent', 0, 1), { code: 'model-file-invalid' });
});

function fileOf(header: string | Buffer, dataBytes: number, name = 'case'): string {
  const path = join(folder, name);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  writeFileSync(path, Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]));
  return path;
}

const refused = (path: string, message: RegExp) =>
  assert.rejects(openSafetensors(path), (error: Error & { code: string; detail: { ja: string; en: string } }) => {
    assert.equal(error.code, 'model-file-invalid');
    assert.match(error.detail.en, message);
    assert.ok(error.detail.en.startsWith(path) && error.detail.ja.startsWith(path));
    return true;
  });

const one = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
const at = (begin: number, end: number) => `{"dtype":"F32","shape":[1],"data_offsets":[${begin},${end}]}`;

test('a header that describes other data than there are is refused, naming the tensor', async () => {
  await refused(fileOf(`{"a":${one},"b":${at(2, 6)}}`, 6), /tensor b: its data overlap/);
  await refused(fileOf(`{"a":${one},"b":${one}}`, 4), /tensor b: its data overlap/);
  await refused(fileOf(`{"a":${one},"b":${at(8, 12)}}`, 12), /tensor b: there is a gap/);
  await refused(fileOf(`{"a":${at(4, 8)}}`, 8), /tensor a: there is a gap/);
  await refused(fileOf(`{"a":${one}}`, 9), /has \d+ bytes, its header describes/);
  await refused(fileOf(`{"a":${one}}`, 3), /has \d+ bytes, its header describes/);
  for (const [shape, offsets] of [
    ['[2]', '[0,4]'],
    ['[1]', '[4,0]'],
    ['[1]', '[0,4,8]'],
    ['[1]', '["0",4]'],
    ['[-1,-1]', '[0,4]'],
    ['[0.5,2]', '[0,4]'],
    ['[9007199254740993,0]', '[0,0]'],
    ['[4294967296,4294967296,4294967296]', '[0,0]'],
    ['[1,1,1,1,1,1,1,1,1]', '[0,4]'],
  ])
    await refused(fileOf(`{"a":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}}`, 4), /tensor a: its shape/);
});

test('an entry that is not understood is refused, naming it', async () => {
  await refused(fileOf(`{"a":${one},"a":${one}}`, 4), /names a twice/);
  await refused(fileOf(`{"a":${one},"\\u0061":${one}}`, 4), /names a twice/);
  await refused(fileOf(`{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), /names dtype twice/);
  await refused(fileOf('{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}', 8), /tensor a: type I64/);
  await refused(fileOf('{"a":{"dtype":"toString","shape":[1],"data_offsets":[0,8]}}', 8), /tensor a: type toString/);
  await refused(fileOf('{"a":{"dtype":"F32","shape":[1]}}', 4), /tensor a: its entry/);
  await refused(fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}', 4), /tensor a: its entry/);
  await refused(fileOf('{"a":[1]}', 4), /tensor a: its entry/);
  await refused(fileOf('{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}', 4), /nested too deeply/);
  await refused(fileOf('{"__metadata__":{"a":1}}', 0), /__metadata__/);
  await refused(fileOf('{"\\ud800":1}', 0), /not Unicode/);
  for (const text of ['{"a":', '[]', 'null', ' {}', '\ufeff{}', '"a"'])
    await refused(fileOf(text, 0), /not (JSON|a JSON object)/);
  await refused(fileOf(Buffer.from('7b22ff223a317d', 'hex'), 0), /not JSON/);
});

test('a name that means something to JavaScript is an ordinary name, and empty tensors take no room', async () => {
  const path = fileOf(
    `{"__proto__":${one},"constructor":{"dtype":"BF16","shape":[0,3],"data_offsets":[4,4]},"b":${at(4, 8)}}`,
    8,
  );
  await using file = await openSafetensors(path);
  assert.deepEqual([...file.tensors.keys()], ['__proto__', 'constructor', 'b']);
  assert.equal((await file.readF32('constructor')).length, 0);
});

test('a header longer than the file or the limit is refused before anything is allocated', async () => {
  for (const length of [9n, 100_000_001n, 1n << 40n, (1n << 64n) - 1n]) {
    const path = join(folder, 'long');
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(length);
    writeFileSync(path, bytes);
    await refused(path, /does not fit/);
  }
  writeFileSync(join(folder, 'short'), Buffer.alloc(7));
  await refused(join(folder, 'short'), /shorter than a header/);
});

test('a file that is not there, or is a folder, is named', async () => {
  await assert.rejects(openSafetensors(join(folder, 'absent')), { code: 'model-file-unreadable' });
  await assert.rejects(openSafetensors(folder), { code: 'model-file-unreadable' });
});

test('damaged bytes are refused with a typed error, or still describe the whole file', async () => {
  const path = join(folder, 'whole.safetensors');
  const values = Float32Array.from({ length: 6 }, (_, index) => index);
  await writeSafetensors(path, [
    { name: 'a', dtype: 'F32', shape: [2, 3], data: () => values },
    { name: 'b', dtype: 'F16', shape: [6], data: () => values },
  ]);
  const whole = readFileSync(path);
  const random = new SeededRandom('damage');
  const damaged = join(folder, 'damaged.safetensors');
  for (let run = 0; run < 600; run += 1) {
    const bytes = Buffer.from(whole.subarray(0, random.chance(0.2) ? random.below(whole.length) : whole.length));
    for (let change = 0; change <= random.below(3); change += 1)
      if (bytes.length > 0) bytes[random.below(Math.min(bytes.length, 150))] = random.below(256);
    writeFileSync(damaged, bytes);
    try {
      await using file = await openSafetensors(damaged);
      for (const name of file.tensors.keys()) await file.readF32(name);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'model-file-invalid', String(error));
    }
  }
});
