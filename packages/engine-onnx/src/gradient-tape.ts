// SPDX-License-Identifier: Apache-2.0
import type { GraphBuilder, GraphTensor } from './graph-builder.ts';

/**
 * Reverse-mode differentiation while the graph is built: every operation records how its gradient reaches its inputs; {@link backward} runs
 * the records in reverse. A tensor that is read twice collects the sum.
 */
export class GradientTape {
  readonly builder: GraphBuilder;
  readonly #gradients = new Map<string, GraphTensor>();
  readonly #records: (() => void)[] = [];

  constructor(builder: GraphBuilder) {
    this.builder = builder;
  }

  record(backward: () => void): void {
    this.#records.push(backward);
  }

  /** Adds to what is known of d(loss)/d(tensor). */
  accumulate(tensor: GraphTensor, gradient: GraphTensor): void {
    const known = this.#gradients.get(tensor.name);
    this.#gradients.set(
      tensor.name,
      known === undefined ? gradient : this.builder.node('Add', [known, gradient], tensor.shape),
    );
  }

  /** Replaces what is known, for operations that write their part into it. */
  replace(tensor: GraphTensor, update: (known: GraphTensor | undefined) => GraphTensor): void {
    this.#gradients.set(tensor.name, update(this.#gradients.get(tensor.name)));
  }

  gradient(tensor: GraphTensor): GraphTensor {
    const known = this.#gradients.get(tensor.name);
    if (known === undefined) throw new Error(`no gradient reached ${tensor.name}`);
    return known;
  }

  backward(): void {
    for (const record of this.#records.reverse()) record();
    this.#records.length = 0;
  }
}
