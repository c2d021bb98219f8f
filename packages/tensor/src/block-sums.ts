// SPDX-License-Identifier: Apache-2.0
import type { ScaleBlock } from './block-quantiser.ts';
import { type RingWords, signedWords } from './ring-words.ts';

export interface DequantiseInput {
  /** Opened sum of the members' levels, of `blocks`, one behind another. */
  readonly words: RingWords;
  readonly blocks: readonly ScaleBlock[];
  /** Number of `blocks[0]` in the whole vector. */
  readonly firstBlock: number;
  /** One per block of the whole vector. */
  readonly scales: Float32Array;
  /** Number of members, or the opened sum of their weights, to get the mean. Default: 1. */
  readonly divisor?: number;
}

/** value = word * (scale / divisor), the factor in float64 and the product rounded to float32 once; repeatable bit for bit. */
export function sumWordsToFloat(input: DequantiseInput): Float32Array {
  const { blocks, firstBlock, scales, divisor = 1 } = input;
  if (!(divisor > 0 && divisor < Number.POSITIVE_INFINITY)) throw new RangeError(`divisor ${divisor}`);
  const integers = signedWords(input.words);
  const values = new Float32Array(integers.length);
  let start = 0;
  for (let at = 0; at < blocks.length; at += 1) {
    const scale = scales[firstBlock + at];
    if (scale === undefined) throw new RangeError(`there is no scale of block ${firstBlock + at}`);
    const factor = scale / divisor;
    const end = start + blocks[at]!.length;
    for (let index = start; index < end && index < values.length; index += 1) values[index] = integers[index]! * factor;
    start = end;
  }
  if (start !== values.length) throw new RangeError(`${values.length} words for blocks of ${start}`);
  return values;
}

/** Sum of squares per block, float64, in order. NaN where a value is not a number. */
export function blockEnergies(values: Float32Array, blocks: readonly ScaleBlock[]): Float64Array {
  const energies = new Float64Array(blocks.length);
  let start = 0;
  for (let at = 0; at < blocks.length; at += 1) {
    const end = start + blocks[at]!.length;
    if (end > values.length) break;
    let sum = 0;
    for (let index = start; index < end; index += 1) sum += values[index]! * values[index]!;
    energies[at] = sum;
    start = end;
  }
  if (start !== values.length) throw new RangeError(`${values.length} values do not fill ${blocks.length} blocks`);
  return energies;
}

/** Root mean square of a block; 0 of an empty one. */
export function rootMeanSquare(values: Float32Array): number {
  const energy = blockEnergies(values, [{ offset: 0, length: values.length }])[0]!;
  return values.length === 0 ? 0 : Math.sqrt(energy / values.length);
}

/** Blocks of one fixed length over `valueCount` values, the last one shorter. */
export function blocksOfLength(valueCount: number, blockLength: number): readonly ScaleBlock[] {
  return Array.from({ length: Math.ceil(valueCount / blockLength) }, (_, index) => ({
    offset: index * blockLength,
    length: Math.min(blockLength, valueCount - index * blockLength),
  }));
}
