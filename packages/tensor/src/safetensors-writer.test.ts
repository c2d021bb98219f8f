// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from './float-formats.ts';
import type { SafetensorsType } from './safetensors-header.ts';
import { openSafetensors } from './safetensors-reader.ts';
import { writeSafetensors } from './safetensors-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'kiban-tensor-'));
after(() => rmSync(folder, { recursive: true }));

const narrowed: Readonly<Record<SafetensorsType, (value: number) => number>> = {
  F32: (value) => value,
  BF16: (value) => fromBfloat16Bits(toBfloat16Bits(value)),
  F16: (value) => fromFloat16Bits(toFloat16Bits(value)),
};

test('whatever was written is read back in its order, rounded to its type', async () => {
  const path = join(folder, 'any.safetensors');
  const tensor = fc.record({
    dtype: fc.constantFrom<SafetensorsType>('F32', 'BF16', 'F16'),
    shape: fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
    seed: fc.float({ noNaN: true, noDefaultInfinity: true }),
  });
  const names = fc.uniqueArray(
    fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__'),
    { maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.array(tensor, { minLength: 5, maxLength: 5 }),
      fc.boolean(),
      async (list, kinds, split) => {
        const tensors = list.map((name, index) => {
          const { dtype, shape, seed } = kinds[index]!;
          const count = shape.reduce((product, dimension) => product * dimension, 1);
          const values = Float32Array.from({ length: count }, (_, at) => (seed % 1e4) * (at + 1));
          const data = () => (split ? [values.subarray(0, 1), values.subarray(1)] : values);
          return { name, dtype, shape, values, data };
        });
        await writeSafetensors(path, tensors, { format: 'pt', __proto__x: '日本' });
        await using file = await openSafetensors(path);
        assert.deepEqual(file.metadata, { format: 'pt', __proto__x: '日本' });
        assert.equal(file.tensors.size, tensors.length);
        for (const { name, dtype, shape, values } of tensors) {
          assert.deepEqual(file.tensors.get(name)?.shape, shape);
          assert.deepEqual([...(await file.readF32(name))], Array.from(values, narrowed[dtype]));
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('the header is padded with spaces to 8 bytes, the data follow in the given order, and the format is that of PyTorch', async () => {
  const path = join(folder, 'plain.safetensors');
  await writeSafetensors(path, [
    { name: 'z', dtype: 'F32', shape: [2], data: async () => Float32Array.of(1, -2) },
    { name: 'a', dtype: 'BF16', shape: [], data: () => [Float32Array.of(1)] },
  ]);
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE());
  assert.equal(length % 8, 0);
  const text = bytes.subarray(8, 8 + length).toString();
  assert.equal(
    text.trimEnd(),
    '{"__metadata__":{"format":"pt"},"z":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}',
  );
  assert.deepEqual([...bytes.subarray(8 + length)], [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0x80, 0x3f]);
});

test('a failed write leaves the file of before and nothing else', async () => {
  const own = mkdtempSync(join(folder, 'failed-'));
  const path = join(own, 'a.safetensors');
  const tensor = (count: number) => ({
    name: 'w',
    dtype: 'F32' as const,
    shape: [4],
    data: async function* () {
      yield new Float32Array(count);
    },
  });
  await writeSafetensors(path, [tensor(4)]);
  const before = readFileSync(path);
  await assert.rejects(writeSafetensors(path, [tensor(3)]), /tensor w: 3 values for 4/);
  await assert.rejects(writeSafetensors(path, [tensor(5)]), /tensor w: more than 4/);
  await assert.rejects(writeSafetensors(path, [tensor(4), tensor(4)]), /w is given twice/);
  await assert.rejects(writeSafetensors(path, [{ ...tensor(4), name: '__metadata__' }]), /given twice/);
  await assert.rejects(writeSafetensors(path, [{ ...tensor(4), shape: [-4] }]), /not a shape/);
  assert.deepEqual(readFileSync(path), before);
  assert.deepEqual(readdirSync(own), ['a.safetensors']);
});
