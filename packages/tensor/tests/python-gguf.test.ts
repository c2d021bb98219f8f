// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { ggufTensorTypesByCode } from '../src/gguf-types.ts';
import { decodeQ8, encodeQ8, openGguf, writeGguf } from '../src/index.ts';
import { missingPython, runPython } from './python.ts';

const skip = missingPython('numpy', 'gguf');
const folder = mkdtempSync(join(tmpdir(), 'kiban-tensor-'));
after(() => rmSync(folder, { recursive: true }));

/** Blocks of many sizes, with ties between two levels, zeros, single spikes, and scales from subnormal to large. */
function hardValues(): Float32Array {
  const random = new SeededRandom('q8');
  const blocks: number[][] = [Array(32).fill(0), Array(32).fill(-1e-41), Array(32).fill(3e-44)];
  for (let block = 0; block < 4_000; block += 1) {
    const size = 10 ** random.between(-42, 4);
    if (block % 4 === 0)
      blocks.push(Array.from({ length: 32 }, (_, at) => (at === 0 ? 127 : random.between(-253, 253) / 2)));
    else if (block % 4 === 1)
      blocks.push(
        Array.from({ length: 32 }, (_, at) => (at === 5 ? -127 * size : (random.between(-253, 253) / 2) * size)),
      );
    else blocks.push(Array.from({ length: 32 }, () => random.normal() * size));
  }
  return Float32Array.from(blocks.flat());
}

test('Q8_0 gives the bytes of the gguf package, ties included, and decodes to its values', { skip }, () => {
  const values = hardValues();
  const input = join(folder, 'values.f32');
  writeFileSync(input, new Uint8Array(values.buffer));
  const theirs = runPython(
    `
import json, sys
import numpy as np
from gguf import quants, GGMLQuantizationType
np.seterr(all="ignore")
x = np.fromfile(sys.argv[1], dtype=np.float32).reshape(-1, 32)
q = quants.quantize(x, GGMLQuantizationType.Q8_0)
d = quants.dequantize(q, GGMLQuantizationType.Q8_0)
print(json.dumps({"bytes": q.reshape(-1).tolist(), "values": d.reshape(-1).view(np.uint32).tolist()}))`,
    input,
  ) as { bytes: number[]; values: number[] };
  const ours = encodeQ8(values);
  const differing = new Set<number>();
  for (let index = 0; index < ours.length; index += 1)
    if (ours[index] !== theirs.bytes[index]) differing.add(Math.floor(index / 34));
  // Where the scale has no finite inverse the reference casts a NaN to a byte; ours is zero, and both decode to zero.
  for (const block of differing) {
    const largest = Math.max(...values.subarray(block * 32, block * 32 + 32).map(Math.abs));
    assert.ok(largest / 127 < 2 ** -126, `block ${block}, largest ${largest}`);
  }
  const decoded = decodeQ8(Uint8Array.from(theirs.bytes));
  assert.deepEqual([...decoded], [...new Float32Array(Uint32Array.from(theirs.values).buffer)]);
});

test('the gguf package reads what we write', { skip }, async () => {
  const path = join(folder, 'ours.gguf');
  const values = Float32Array.from({ length: 3 * 64 }, (_, index) => Math.sin(index));
  await writeGguf(
    path,
    new Map([
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['general.alignment', { type: 'uint32', value: 32 }],
      ['tokens', { type: 'strings', value: ['a', '高炉', ''] }],
      ['types', { type: 'int32s', value: [1, -3] }],
      ['flag', { type: 'bool', value: true }],
      ['count', { type: 'uint64', value: 1n << 40n }],
    ]),
    [
      { name: 'vector', shape: [3], type: 'F32', data: () => Float32Array.of(1, 2, 3) },
      { name: 'q', shape: [3, 64], type: 'Q8_0', data: () => values },
      { name: 'h', shape: [3, 64], type: 'F16', data: () => values },
    ],
  );
  const seen = runPython(
    `
import json, sys
import numpy as np
from gguf import GGUFReader, quants
reader = GGUFReader(sys.argv[1])
keys = {k: f.contents() for k, f in reader.fields.items() if not k.startswith("GGUF.")}
tensors = [[t.name, t.shape.tolist(), t.tensor_type.name, quants.dequantize(t.data, t.tensor_type).reshape(-1).tolist()]
           for t in reader.tensors]
print(json.dumps({"keys": keys, "tensors": tensors}))`,
    path,
  );
  assert.deepEqual(seen, {
    keys: {
      'general.architecture': 'llama',
      'general.alignment': 32,
      tokens: ['a', '高炉', ''],
      types: [1, -3],
      flag: true,
      count: 2 ** 40,
    },
    tensors: [
      ['vector', [3], 'F32', [1, 2, 3]],
      ['q', [64, 3], 'Q8_0', [...decodeQ8(encodeQ8(values))]],
      ['h', [64, 3], 'F16', [...Float32Array.from(new Float16Array(values))]],
    ],
  });
});

test('we read what the gguf package writes, and know the block of every type that it knows', { skip }, async () => {
  const path = join(folder, 'theirs.gguf');
  const sizes = runPython(
    `
import json, sys
import numpy as np
from gguf import GGUFWriter, GGMLQuantizationType, GGML_QUANT_SIZES, quants
w = GGUFWriter(sys.argv[1], "llama")
w.add_custom_alignment(64)
w.add_uint8("u8", 7); w.add_float64("f64", 0.1); w.add_int64("i64", -5); w.add_array("list", ["x", "高炉"])
x = np.arange(128, dtype=np.float32).reshape(2, 64) / 3
w.add_tensor("f", x)
w.add_tensor("h", x.astype(np.float16))
q = quants.quantize(x, GGMLQuantizationType.Q8_0)
w.add_tensor("q", q, raw_dtype=GGMLQuantizationType.Q8_0)
w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
print(json.dumps({t.value: [t.name, *GGML_QUANT_SIZES[t]] for t in GGMLQuantizationType}))`,
    path,
  ) as Record<string, [string, number, number]>;
  await using file = await openGguf(path);
  const { u8, f64, i64, list } = Object.fromEntries(file.metadata);
  assert.deepEqual({ u8, f64, i64, list }, { u8: 7, f64: 0.1, i64: -5, list: ['x', '高炉'] });
  const expected = Float32Array.from({ length: 128 }, (_, index) => index / 3);
  assert.deepEqual(await file.readF32('f'), expected);
  assert.deepEqual(await file.readF32('h'), Float32Array.from(new Float16Array(expected)));
  assert.deepEqual(await file.readF32('q'), decodeQ8(encodeQ8(expected)));
  for (const [code, { name, values, bytes }] of ggufTensorTypesByCode)
    assert.deepEqual(sizes[code], [name, values, bytes], name);
});
