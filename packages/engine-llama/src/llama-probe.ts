// SPDX-License-Identifier: Apache-2.0
import { silentLogger } from '@kiban/core';
import type { Token } from 'node-llama-cpp';
import { startLlama } from './llama-engine.ts';
import { readModelFile } from './model-file.ts';
import { settlesWithin } from './within-time.ts';

/** llama.cpp's own view of a file, for parity tests with other implementations. Not for serving. */
export interface LlamaProbe extends AsyncDisposable {
  /** @param parseSpecials whether names of control tokens become control tokens. No begin token is added. */
  tokenize(text: string, parseSpecials?: boolean): readonly number[];
  /** One row of vocabulary size per position: the raw logits of the token after it. */
  logitsFor(tokens: readonly number[]): Promise<readonly Float32Array[]>;
}

/**
 * One thread, key-value cache in float32, flash attention off: llama.cpp's defaults round the cache to float16, which shows as 1e-3 in
 * the logits.
 */
export async function openLlamaProbe(ggufPath: string): Promise<LlamaProbe> {
  const file = await readModelFile(ggufPath);
  const llama = await startLlama({ threadCount: 1, logger: silentLogger });
  const model = await llama.loadModel({ modelPath: ggufPath, gpuLayers: 0 });
  const context = await model.createContext({
    // node-llama-cpp keeps one cell free and would shift the context to make room for the last token.
    contextSize: file.contextLength + 1,
    sequences: 1,
    threads: 1,
    flashAttention: false,
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
  });
  const sequence = context.getSequence();
  return {
    tokenize: (text, parseSpecials = false) => model.tokenize(text, parseSpecials),
    logitsFor: async (tokens) => {
      if (tokens.length > file.contextLength) throw new RangeError(`${tokens.length} tokens for ${file.contextLength}`);
      await sequence.clearHistory();
      const output = await sequence.controlledEvaluate(
        tokens.map((token) => [token as Token, { generateNext: { logits: true } }]),
      );
      return output.map((position) => {
        const row = new Float32Array(file.vocabulary.size).fill(Number.NaN);
        for (const [token, logit] of position?.next.logits ?? []) row[token] = logit;
        return row;
      });
    },
    [Symbol.asyncDispose]: async () => {
      await settlesWithin(llama.dispose(), 5000);
    },
  };
}
