// SPDX-License-Identifier: Apache-2.0
export { createLlamaEngine, type LlamaEngine, type LlamaEngineOptions } from './llama-engine.ts';
export { type LlamaProbe, openLlamaProbe } from './llama-probe.ts';
export type { ModelToLoad } from './loaded-model.ts';
