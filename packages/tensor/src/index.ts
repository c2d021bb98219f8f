// SPDX-License-Identifier: Apache-2.0
export * from './block-quantiser.ts';
export * from './block-sums.ts';
export * from './float-formats.ts';
export type { GgufMetadataValue, GgufScalar } from './gguf-cursor.ts';
export type { GgufHeader, GgufTensor } from './gguf-header.ts';
export * from './gguf-reader.ts';
export type { GgufTensorType, GgufValue } from './gguf-types.ts';
export * from './gguf-writer.ts';
export * from './llama-gguf.ts';
export type { LlamaShape } from './llama-gguf-tensors.ts';
export * from './q8-0.ts';
export * from './ring-words.ts';
export * from './rope-permutation.ts';
export * from './rounding-noise.ts';
export type { SafetensorsTensor, SafetensorsType } from './safetensors-header.ts';
export * from './safetensors-reader.ts';
export * from './safetensors-writer.ts';
export type { ValueStream } from './value-stream.ts';
