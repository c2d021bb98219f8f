// SPDX-License-Identifier: Apache-2.0

/** Value types of GGUF v3 metadata. */
export const ggufValueTypes = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9, uint64: 10 } as const;

export type GgufValue =
  | { readonly type: 'uint32' | 'int32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s'; readonly value: readonly number[] };

export type GgufTensorType = 'F32' | 'F16' | 'Q8_0';

/** Codes of tensor types, and bytes of `values` values in a row. */
export const ggufTensorTypes = {
  F32: { code: 0, bytes: (values: number) => values * 4 },
  F16: { code: 1, bytes: (values: number) => values * 2 },
  Q8_0: { code: 8, bytes: (values: number) => (values / 32) * 34 },
} as const;

export const ggufAlignment = 32;

export function alignUp(position: number): number {
  return Math.ceil(position / ggufAlignment) * ggufAlignment;
}
