// SPDX-License-Identifier: Apache-2.0

/** Codes of GGUF v3 metadata values. */
export const ggufValueCodes = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

/** A metadata value to write. */
export type GgufValue =
  | { readonly type: 'uint32' | 'int32' | 'float32'; readonly value: number }
  | { readonly type: 'uint64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s' | 'float32s'; readonly value: readonly number[] };

/** Tensor types that Kiban writes. */
export type GgufTensorType = 'F32' | 'F16' | 'Q8_0';

interface BlockLayout {
  readonly code: number;
  /** Values per block; a row is whole blocks. */
  readonly values: number;
  /** Bytes per block. */
  readonly bytes: number;
}

/** GGML's tensor types: needed to know how many bytes each tensor of a foreign file takes. */
const layouts: Readonly<Record<string, BlockLayout>> = {
  F32: { code: 0, values: 1, bytes: 4 },
  F16: { code: 1, values: 1, bytes: 2 },
  Q4_0: { code: 2, values: 32, bytes: 18 },
  Q4_1: { code: 3, values: 32, bytes: 20 },
  Q5_0: { code: 6, values: 32, bytes: 22 },
  Q5_1: { code: 7, values: 32, bytes: 24 },
  Q8_0: { code: 8, values: 32, bytes: 34 },
  Q2_K: { code: 10, values: 256, bytes: 84 },
  Q3_K: { code: 11, values: 256, bytes: 110 },
  Q4_K: { code: 12, values: 256, bytes: 144 },
  Q5_K: { code: 13, values: 256, bytes: 176 },
  Q6_K: { code: 14, values: 256, bytes: 210 },
  Q8_K: { code: 15, values: 256, bytes: 292 },
  IQ2_XXS: { code: 16, values: 256, bytes: 66 },
  IQ2_XS: { code: 17, values: 256, bytes: 74 },
  IQ3_XXS: { code: 18, values: 256, bytes: 98 },
  IQ1_S: { code: 19, values: 256, bytes: 50 },
  IQ4_NL: { code: 20, values: 32, bytes: 18 },
  IQ3_S: { code: 21, values: 256, bytes: 110 },
  IQ2_S: { code: 22, values: 256, bytes: 82 },
  IQ4_XS: { code: 23, values: 256, bytes: 136 },
  I8: { code: 24, values: 1, bytes: 1 },
  I16: { code: 25, values: 1, bytes: 2 },
  I32: { code: 26, values: 1, bytes: 4 },
  I64: { code: 27, values: 1, bytes: 8 },
  F64: { code: 28, values: 1, bytes: 8 },
  IQ1_M: { code: 29, values: 256, bytes: 56 },
  BF16: { code: 30, values: 1, bytes: 2 },
  TQ1_0: { code: 34, values: 256, bytes: 54 },
  TQ2_0: { code: 35, values: 256, bytes: 66 },
  MXFP4: { code: 39, values: 32, bytes: 17 },
};

/** Name and block of every tensor type, by its code in the file. */
export const ggufTensorTypesByCode: ReadonlyMap<number, BlockLayout & { readonly name: string }> = new Map(
  Object.entries(layouts).map(([name, layout]) => [layout.code, { name, ...layout }]),
);

export const ggufTensorTypes = {
  F32: layouts.F32!,
  F16: layouts.F16!,
  Q8_0: layouts.Q8_0!,
} satisfies Record<GgufTensorType, BlockLayout>;

/** Where a file does not say otherwise in `general.alignment`, and in every file that Kiban writes. */
export const ggufAlignment = 32;

/** GGML keeps names in 64 bytes with a zero behind. */
export const longestTensorName = 63;
export const mostGgufDimensions = 4;

export function alignUp(position: number, alignment: number = ggufAlignment): number {
  return Math.ceil(position / alignment) * alignment;
}
