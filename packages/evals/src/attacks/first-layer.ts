// SPDX-License-Identifier: Apache-2.0

/** A Llama-architecture decoder as an attacker has it: figures, and weights by Hugging Face's names. */
export interface AttackedModel {
  readonly hiddenSize: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  readonly vocabularySize: number;
  readonly ropeTheta: number;
  readonly rmsNormEpsilon: number;
  /** [out, in] row by row. @throws when there is no such tensor */
  weights(name: string): Float32Array;
}

/** Keys and values of the positions so far, in the first layer. */
export interface FirstLayerPrefix {
  readonly keys: readonly Float64Array[];
  readonly values: readonly Float64Array[];
}

export const emptyPrefix: FirstLayerPrefix = { keys: [], values: [] };

/** What the first layer's projections see of a token, at any position: rotary positions are applied after them. */
export function firstLayerInput(model: AttackedModel, token: number): Float64Array {
  const { hiddenSize } = model;
  const row = model.weights('model.embed_tokens.weight').subarray(token * hiddenSize, (token + 1) * hiddenSize);
  return normed(model, row, 0, 'input_layernorm');
}

/** What the second layer's projections see when `token` follows the prefix: it depends on every token before. */
export function secondLayerInput(
  model: AttackedModel,
  prefix: FirstLayerPrefix,
  token: number,
): { readonly input: Float64Array; readonly prefix: FirstLayerPrefix } {
  const { hiddenSize, headCount, keyValueHeadCount } = model;
  const size = hiddenSize / headCount;
  const position = prefix.keys.length;
  const x = firstLayerInput(model, token);
  const own = (name: string, vector: Float64Array) => times(model.weights(`model.layers.0.${name}.weight`), vector);
  const query = rotary(model, own('self_attn.q_proj', x), position);
  const keys = [...prefix.keys, rotary(model, own('self_attn.k_proj', x), position)];
  const values = [...prefix.values, own('self_attn.v_proj', x)];
  const mixed = new Float64Array(hiddenSize);
  for (let head = 0; head < headCount; head += 1) {
    const group = Math.floor((head * keyValueHeadCount) / headCount);
    const of = (vector: Float64Array, place: number) => vector.subarray(place * size, (place + 1) * size);
    const weights = softmax(keys.map((key) => dot(of(query, head), of(key, group)) / Math.sqrt(size)));
    for (const [place, weight] of weights.entries())
      for (let index = 0; index < size; index += 1)
        mixed[head * size + index]! += weight * of(values[place]!, group)[index]!;
  }
  const embedded = model.weights('model.embed_tokens.weight').subarray(token * hiddenSize, (token + 1) * hiddenSize);
  const attended = own('self_attn.o_proj', mixed).map((value, index) => value + embedded[index]!);
  const fed = normed(model, attended, 0, 'post_attention_layernorm');
  const up = own('mlp.up_proj', fed);
  const inner = own('mlp.gate_proj', fed).map((gate, index) => (gate / (1 + Math.exp(-gate))) * up[index]!);
  const output = own('mlp.down_proj', inner).map((value, index) => value + attended[index]!);
  return { input: normed(model, output, 1, 'input_layernorm'), prefix: { keys, values } };
}

/** RMSNorm with the weights of one of a layer's norms. */
function normed(model: AttackedModel, x: ArrayLike<number>, layer: number, norm: string): Float64Array {
  const weight = model.weights(`model.layers.${layer}.${norm}.weight`);
  const vector = Float64Array.from(x);
  const scale = 1 / Math.sqrt(dot(vector, vector) / vector.length + model.rmsNormEpsilon);
  return vector.map((value, index) => value * scale * weight[index]!);
}

/** Rotary positions in halves of each head, as Hugging Face lays them out. */
function rotary(model: AttackedModel, vector: Float64Array, position: number): Float64Array {
  const size = model.hiddenSize / model.headCount;
  const half = size / 2;
  return vector.map((value, index) => {
    const place = index % size;
    const angle = position * model.ropeTheta ** (-(place % half) / half);
    const partner = place < half ? -vector[index + half]! : vector[index - half]!;
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

function times(matrix: Float32Array, vector: Float64Array): Float64Array {
  return Float64Array.from({ length: matrix.length / vector.length }, (_, row) => {
    let sum = 0;
    for (let column = 0; column < vector.length; column += 1)
      sum += matrix[row * vector.length + column]! * vector[column]!;
    return sum;
  });
}

function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += a[index]! * b[index]!;
  return sum;
}
