// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';
import { flatLayout, type LayoutTensor } from './layout.ts';
import type { ModelConfig } from './model-config.ts';

/** Normal 0.02, output and down projections 0.02/sqrt(2 layers), norms 1; the same seed gives the same bytes on every engine. */
export function* initialWeights(
  config: ModelConfig,
  seed: string,
): Generator<{ tensor: LayoutTensor; data: Float32Array }> {
  for (const tensor of flatLayout(config).tensors) {
    const data = new Float32Array(tensor.length);
    if (tensor.shape.length === 1) data.fill(1);
    else {
      const random = new SeededRandom(`${seed}/${tensor.name}`);
      const residual = tensor.name.endsWith('o_proj.weight') || tensor.name.endsWith('down_proj.weight');
      const deviation = residual ? 0.02 / Math.sqrt(2 * config.layerCount) : 0.02;
      for (let index = 0; index < data.length; index += 1) data[index] = random.normal() * deviation;
    }
    yield { tensor, data };
  }
}
