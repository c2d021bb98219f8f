// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { readGgufHeader } from './gguf-reader.ts';
import { writeGguf } from './gguf-writer.ts';
import { decodeQ8, encodeQ8 } from './q8-0.ts';
import { halvesToNeighbours, neighboursToHalves } from './rope-permutation.ts';
import { openSafetensors } from './safetensors-reader.ts';
import { writeSafetensors } from './safetensors-writer.ts';

const directory = mkdtempSync(join(tmpdir(), 'kiban-tensor-'));
after(() => rmSync(directory, { recursive: true }));

test('safetensors: what was written is read, tensor by tensor and range by range', async () => {
  const path = join(directory, 'a.safetensors');
  const a = Float32Array.from({ length: 12 }, (_, index) => index - 5.5);
  await writeSafetensors(path, [
    { name: 'a', dtype: 'F32', shape: [3, 4], data: () => [a.subarray(0, 5), a.subarray(5)] },
    { name: 'b', dtype: 'BF16', shape: [2], data: () => Float32Array.of(1.5, -2) },
    { name: 'c', dtype: 'F16', shape: [1], data: async () => Float32Array.of(0.25) },
  ]);
  await using file = await openSafetensors(path);
  assert.deepEqual([...file.tensors.keys()], ['a', 'b', 'c']);
  assert.deepEqual(file.metadata, { format: 'pt' });
  assert.deepEqual(await file.readF32('a'), a);
  assert.deepEqual(await file.readF32Range('a', 4, 3), a.slice(4, 7));
  assert.deepEqual([...(await file.readF32('b'))], [1.5, -2]);
  assert.deepEqual([...(await file.readF32('c'))], [0.25]);
  await assert.rejects(file.readF32Range('a', 10, 3), RangeError);
});

function safetensorsFile(name: string, header: string, dataBytes: number): string {
  const path = join(directory, name);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  writeFileSync(path, Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]));
  return path;
}

test('safetensors: overlaps, gaps, duplicates, unknown types, wrong sizes and cut files are refused by name', async () => {
  const one = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
  const cases: [string, string, number, RegExp][] = [
    ['overlap', `{"a":${one},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, 6, /tensor b: an overlap/],
    ['gap', `{"a":${one},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12, /tensor b: a gap/],
    ['duplicate', `{"a":${one},"a":${one}}`, 4, /twice/],
    ['type', '{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}', 8, /header a/],
    ['size', '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4, /tensor a: its shape/],
    ['tail', `{"a":${one}}`, 9, /describes/],
    ['json', '{"a":', 0, /not JSON/],
  ];
  for (const [name, header, bytes, message] of cases)
    await assert.rejects(openSafetensors(safetensorsFile(name, header, bytes)), (error: Error & { code: string }) => {
      assert.equal(error.code, 'model-file-invalid');
      assert.match(error.message, message);
      return true;
    });
  const huge = join(directory, 'huge');
  const length = Buffer.alloc(16);
  length.writeBigUInt64LE(1n << 40n);
  writeFileSync(huge, length);
  await assert.rejects(openSafetensors(huge), /does not fit/);
});

test('GGUF: a written file is read back, and any cut or flipped header byte is refused or still bounded', async () => {
  const path = join(directory, 'a.gguf');
  await writeGguf(
    path,
    new Map([
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['numbers', { type: 'int32s', value: [1, -2] }],
      ['flag', { type: 'bool', value: true }],
    ]),
    [
      { name: 'm', shape: [2, 32], type: 'Q8_0', data: async () => new Float32Array(64).fill(0.5) },
      { name: 'v', shape: [3], type: 'F32', data: async () => Float32Array.of(1, 2, 3) },
    ],
  );
  const header = await readGgufHeader(path);
  assert.deepEqual(Object.fromEntries(header.metadata), { 'general.architecture': 'llama', numbers: [1, -2], flag: true });
  assert.deepEqual(header.tensors.map((tensor) => [tensor.name, tensor.dimensions]), [
    ['m', [32, 2]],
    ['v', [3]],
  ]);
  const bytes = readFileSync(path);
  const v = header.tensors[1]!.dataOffset;
  assert.deepEqual([...new Float32Array(bytes.buffer.slice(bytes.byteOffset + v, bytes.byteOffset + v + 12))], [1, 2, 3]);
  const damaged = join(directory, 'damaged.gguf');
  for (let length = 0; length < v + 12; length += 7) {
    writeFileSync(damaged, bytes.subarray(0, length));
    await assert.rejects(readGgufHeader(damaged), { code: 'model-file-invalid' });
  }
  for (let position = 0; position < 120; position += 1) {
    const changed = Buffer.from(bytes);
    changed[position]! ^= 0xff;
    writeFileSync(damaged, changed);
    await readGgufHeader(damaged).catch((error: { code?: string }) => assert.equal(error.code, 'model-file-invalid'));
  }
});

test('rotary rows: the permutation and its inverse undo each other, and heads do not mix', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 3 }), (heads, half, width) => {
      const rows = Float32Array.from({ length: heads * half * 2 * width }, (_, index) => index);
      const turned = halvesToNeighbours(rows, heads, half * 2);
      assert.deepEqual(neighboursToHalves(turned, heads, half * 2), rows);
      const perHead = half * 2 * width;
      for (let head = 0; head < heads; head += 1)
        assert.deepEqual([...turned.subarray(head * perHead, (head + 1) * perHead)].sort((a, b) => a - b), [
          ...rows.subarray(head * perHead, (head + 1) * perHead),
        ]);
    }),
  );
  assert.deepEqual([...halvesToNeighbours(Float32Array.of(0, 1, 2, 3), 1, 4)], [0, 2, 1, 3]);
});

test('Q8_0 rounds half away from zero and stays within half a step', () => {
  const values = Float32Array.from({ length: 32 }, (_, index) => (index === 0 ? 127 : index - 16.5));
  const decoded = decodeQ8(encodeQ8(values));
  assert.equal(decoded[1], -16);
  assert.equal(decoded[31], 15);
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true, min: -3, max: 3, minLength: 32, maxLength: 32 }), (block) => {
      const largest = Math.max(...block.map(Math.abs));
      decodeQ8(encodeQ8(block)).forEach((value, index) => {
        assert.ok(Math.abs(value - block[index]!) <= (largest / 127) * 0.5 + largest * 6e-4 + 1e-7);
      });
    }),
  );
});
