// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { chatTemplate, ggufTokenizer, type Tokenizer } from '@kiban/corpus';
import { openSafetensors, writeLlamaGguf } from '@kiban/tensor';
import type { ModelConfig } from '@kiban/training';

/** `model.gguf` beside `model.safetensors`, as a release has them. */
export async function writeGgufBeside(
  weightsPath: string,
  model: ModelConfig,
  tokenizer: Tokenizer,
  matrixType: 'F32' | 'F16' | 'Q8_0' = 'F32',
): Promise<string> {
  const path = join(weightsPath, '..', `model-${matrixType}.gguf`);
  await using weights = await openSafetensors(weightsPath);
  await writeLlamaGguf(path, {
    name: 'parity',
    shape: model,
    tokenizer: ggufTokenizer(tokenizer),
    chatTemplate,
    weights,
    matrixType,
  });
  return path;
}
