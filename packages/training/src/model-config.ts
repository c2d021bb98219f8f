// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

const multipleOf32 = z.int().min(32).multipleOf(32, 'use a multiple of 32: quantised formats need it');

/** A Llama-architecture decoder: RMSNorm, rotary positions in halves (Hugging Face layout), grouped attention heads, SwiGLU, no biases. */
export const modelConfigSchema = z
  .strictObject({
    hiddenSize: multipleOf32,
    layerCount: z.int().min(1).max(200),
    headCount: z.int().min(1),
    keyValueHeadCount: z.int().min(1),
    feedForwardSize: multipleOf32,
    vocabularySize: z.int().min(16),
    contextLength: z.int().min(8),
    ropeTheta: z.number().positive().default(10_000),
    rmsNormEpsilon: z.number().positive().default(1e-5),
    tieEmbeddings: z.boolean().default(true),
  })
  .superRefine((config, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (config.hiddenSize % config.headCount !== 0)
      fault('headCount', `${config.hiddenSize} is not divisible by ${config.headCount} heads`);
    else if ((config.hiddenSize / config.headCount) % 2 !== 0)
      fault('headCount', 'the head size must be even: rotary positions pair values');
    if (config.headCount % config.keyValueHeadCount !== 0)
      fault(
        'keyValueHeadCount',
        `${config.headCount} heads are not divisible by ${config.keyValueHeadCount} key-value heads`,
      );
  });

export type ModelConfig = z.output<typeof modelConfigSchema>;

export function headSize(config: ModelConfig): number {
  return config.hiddenSize / config.headCount;
}
