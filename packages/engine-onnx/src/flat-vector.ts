// SPDX-License-Identifier: Apache-2.0
import type { FlatLayout, LayoutTensor } from '@kiban/training';
import { Tensor } from 'onnxruntime-node';

/** One flat float32 vector in shared memory, with a view per tensor: what the graph reads and writes in place. */
export class FlatVector {
  readonly values: Float32Array;
  readonly #views: ReadonlyMap<string, Tensor>;

  constructor(layout: FlatLayout) {
    this.values = new Float32Array(new SharedArrayBuffer(layout.length * 4));
    this.#views = new Map(layout.tensors.map((tensor) => [tensor.name, this.#view(tensor)]));
  }

  tensor(name: string): Tensor {
    return this.#views.get(name)!;
  }

  #view(tensor: LayoutTensor): Tensor {
    return new Tensor('float32', this.values.subarray(tensor.offset, tensor.offset + tensor.length), [...tensor.shape]);
  }
}
