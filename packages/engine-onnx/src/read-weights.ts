// SPDX-License-Identifier: Apache-2.0
import { openSafetensors } from '@kiban/tensor';
import type { FlatLayout } from '@kiban/training';
import { trainerProblem } from './trainer-problems.ts';

/** A model's weights in flat order. @throws KibanError `bad-weights`, naming the tensor; `model-file-invalid` or `model-file-unreadable`. */
export async function readWeights(path: string, layout: FlatLayout): Promise<Float32Array> {
  await using file = await openSafetensors(path);
  const names = new Set(layout.tensors.map((tensor) => tensor.name));
  for (const name of file.tensors.keys())
    if (!names.has(name))
      throw bad(path, `テンソル ${name} はこのモデルにありません`, `tensor ${name} is not part of the model`);
  const values = new Float32Array(layout.length);
  for (const { name, shape, offset } of layout.tensors) {
    const stored = file.tensors.get(name);
    if (stored === undefined) throw bad(path, `テンソル ${name} がありません`, `tensor ${name} is missing`);
    const [found, needed] = [stored.shape.join('x'), shape.join('x')];
    if (found !== needed)
      throw bad(
        path,
        `テンソル ${name} は ${found} ですが、${needed} が必要です`,
        `tensor ${name} is ${found}, the model needs ${needed}`,
      );
    if (stored.dtype !== 'F32')
      throw bad(
        path,
        `テンソル ${name} は ${stored.dtype} ですが、F32 が必要です`,
        `tensor ${name} is ${stored.dtype}, training needs F32`,
      );
    const data = await file.readF32(name);
    if (!data.every(Number.isFinite))
      throw bad(path, `テンソル ${name} に有限でない値があります`, `tensor ${name} holds a value that is not finite`);
    values.set(data, offset);
  }
  return values;
}

function bad(path: string, ja: string, en: string) {
  return trainerProblem('bad-weights', { ja: `${path}: ${ja}。`, en: `${path}: ${en}.` });
}
