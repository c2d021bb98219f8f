// SPDX-License-Identifier: Apache-2.0
import { type AttackedModel, emptyPrefix, firstLayerInput, secondLayerInput } from './first-layer.ts';
import { distanceFromSpan, type OrthonormalBasis, rowSpace } from './row-space.ts';

/** An update, gradient or masked words, by the names of the weights they belong to. */
export type TensorsByName = (name: string) => ArrayLike<number>;

export interface SpanAttack {
  readonly model: AttackedModel;
  readonly update: TensorsByName;
  /** Positions in the batch, when the attacker knows it: noise beyond so many directions is left out. */
  readonly length: number;
  /** See {@link rowSpace}. */
  readonly tolerance?: number;
}

/**
 * Every token, the likeliest first, by how far its input to the first attention lies outside the rows of that layer's gradient: a gradient of a
 * linear layer is made of its inputs (Petrov et al., "DAGER: exact gradient inversion for large language models", 2024). Tells which tokens were in
 * the batch, not where; works while there are fewer positions than the model is wide.
 */
export function rankTokensBySpan(attack: SpanAttack): number[] {
  const basis = projectionSpan(attack, 0);
  const distances = Array.from({ length: attack.model.vocabularySize }, (_, token) =>
    distanceFromSpan(firstLayerInput(attack.model, token), basis),
  );
  return distances.map((_, token) => token).sort((a, b) => distances[a]! - distances[b]!);
}

/**
 * The sentence in its order, for one sequence: token by token the candidate whose input to the second attention, behind what was found so far, lies
 * nearest to the rows of the second layer's gradient (the decoder's search of DAGER, greedy). One token again and again has the same input at every
 * place, so an input that was there before counts as wrong: a sentence that begins with a token twice is not found.
 * @param candidates tokens to choose from, for instance the first of {@link rankTokensBySpan}
 */
export function recoverSentence(attack: SpanAttack, candidates: readonly number[]): number[] {
  const basis = projectionSpan(attack, 1);
  const sentence: number[] = [];
  const inputs: Float64Array[] = [];
  let prefix = emptyPrefix;
  while (sentence.length < attack.length) {
    const tried = candidates.map((token) => {
      const next = secondLayerInput(attack.model, prefix, token);
      const repeats = inputs.some((earlier) => isParallel(earlier, next.input));
      return { ...next, token, distance: repeats ? 1 : distanceFromSpan(next.input, basis) };
    });
    const best = tried.reduce((least, one) => (one.distance < least.distance ? one : least));
    sentence.push(best.token);
    inputs.push(best.input);
    prefix = best.prefix;
  }
  return sentence;
}

function isParallel(a: Float64Array, b: Float64Array): boolean {
  let [dot, left, right] = [0, 0, 0];
  for (let index = 0; index < a.length; index += 1) {
    dot += a[index]! * b[index]!;
    left += a[index]! ** 2;
    right += b[index]! ** 2;
  }
  return dot > (1 - 1e-9) * Math.sqrt(left * right);
}

function projectionSpan({ model, update, length, tolerance }: SpanAttack, layer: number): OrthonormalBasis {
  const matrices = ['q_proj', 'k_proj', 'v_proj'].map((name) => ({
    values: update(`model.layers.${layer}.self_attn.${name}.weight`),
  }));
  return rowSpace(matrices, model.hiddenSize, { rank: length, ...(tolerance === undefined ? {} : { tolerance }) });
}
