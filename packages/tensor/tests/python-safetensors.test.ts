// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SeededRandom } from '@kiban/core';
import { openSafetensors, writeSafetensors } from '../src/index.ts';
import { missingPython, runPython } from './python.ts';

const skip = missingPython('numpy', 'safetensors');
const folder = mkdtempSync(join(tmpdir(), 'kiban-tensor-'));
after(() => rmSync(folder, { recursive: true }));

const random = new SeededRandom('python');
const values = Float32Array.from({ length: 30_000 }, () => random.normal() * 10 ** random.between(-9, 4));

test('the Rust implementation behind Python reads what we write, value by value', { skip }, async () => {
  const path = join(folder, 'ours.safetensors');
  await writeSafetensors(path, [
    { name: 'b', dtype: 'F32', shape: [100, 300], data: () => values },
    { name: 'a', dtype: 'F16', shape: [30_000], data: () => values },
    { name: '高炉', dtype: 'F32', shape: [], data: () => Float32Array.of(-0.5) },
    { name: 'none', dtype: 'F32', shape: [0, 4], data: () => new Float32Array(0) },
  ]);
  const seen = runPython(
    `
import json, sys
import numpy as np
from safetensors import safe_open
with safe_open(sys.argv[1], "np") as file, np.errstate(over="ignore"):
    b, a = file.get_tensor("b"), file.get_tensor("a")
    same = bool(np.array_equal(b.reshape(-1).astype(np.float16).view(np.uint16), a.view(np.uint16)))
    print(json.dumps({
        "metadata": file.metadata(), "keys": sorted(file.keys()), "shape": b.shape, "bits": b.reshape(-1).view(np.uint32).tolist(),
        "halfSame": same, "scalar": float(file.get_tensor("高炉")), "none": file.get_tensor("none").shape,
    }))`,
    path,
  ) as { bits: number[] };
  const { bits, ...rest } = seen;
  assert.deepEqual(Uint32Array.from(bits), new Uint32Array(values.buffer));
  assert.deepEqual(rest, {
    metadata: { format: 'pt' },
    keys: ['a', 'b', 'none', '高炉'],
    shape: [100, 300],
    // NumPy's own rounding to float16 gives the same bits as ours.
    halfSame: true,
    scalar: -0.5,
    none: [0, 4],
  });
});

test('we read what Python writes', { skip }, async () => {
  const path = join(folder, 'theirs.safetensors');
  runPython(
    `
import sys
import numpy as np
from safetensors.numpy import save_file
w = np.arange(12, dtype=np.float32).reshape(3, 4) / 7
save_file({"w": w, "h": w.astype(np.float16), "x": np.zeros((0,), np.float32)}, sys.argv[1], {"a": "1", "b": "高炉"})
print("null")`,
    path,
  );
  await using file = await openSafetensors(path);
  assert.deepEqual(file.metadata, { a: '1', b: '高炉' });
  const expected = Float32Array.from({ length: 12 }, (_, index) => index / Math.fround(7));
  assert.deepEqual(file.tensors.get('w')!.shape, [3, 4]);
  assert.deepEqual(await file.readF32('w'), expected);
  assert.deepEqual(await file.readF32('h'), Float32Array.from(new Float16Array(expected)));
  assert.deepEqual(await file.readF32('x'), new Float32Array(0));
});
