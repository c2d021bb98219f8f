// SPDX-License-Identifier: Apache-2.0
export * from './block-quantiser.ts';
export * from './float-formats.ts';
export * from './gguf-reader.ts';
export * from './gguf-writer.ts';
export * from './llama-gguf.ts';
export * from './q8-0.ts';
export * from './ring-words.ts';
export * from './rope-permutation.ts';
export * from './safetensors-reader.ts';
export * from './safetensors-writer.ts';
