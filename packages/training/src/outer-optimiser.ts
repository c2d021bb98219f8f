// SPDX-License-Identifier: Apache-2.0

export interface OuterStep {
  readonly learningRate: number;
  /** 0 means plain averaging. */
  readonly momentum: number;
}

/**
 * DiLoCo's outer step (arXiv 2311.08105, Nesterov), in place on one chunk, float32 throughout and in a fixed order, so that it is bitwise repeatable:
 * `u = momentum * u + d`, `base -= learningRate * (d + momentum * u)`.
 * @param base weights, overwritten with the candidate. @param velocity u of the rounds before, overwritten.
 * @param meanUpdate d, mean over the survivors of `anchor - weights`.
 */
export function applyOuterStep(
  base: Float32Array,
  velocity: Float32Array,
  meanUpdate: Float32Array,
  step: OuterStep,
): void {
  const { fround } = Math;
  const momentum = fround(step.momentum);
  const learningRate = fround(step.learningRate);
  for (let index = 0; index < base.length; index += 1) {
    const d = meanUpdate[index]!;
    const u = fround(fround(momentum * velocity[index]!) + d);
    velocity[index] = u;
    base[index] = fround(base[index]! - fround(learningRate * fround(d + fround(momentum * u))));
  }
}

/** In the warm-up rounds the step is plain averaging and the velocity stays as it was. */
export function applyAveraging(base: Float32Array, meanUpdate: Float32Array): void {
  for (let index = 0; index < base.length; index += 1) base[index] = Math.fround(base[index]! - meanUpdate[index]!);
}
