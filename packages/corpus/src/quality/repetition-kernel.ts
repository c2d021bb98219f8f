// SPDX-License-Identifier: Apache-2.0
import { instantiateKernelFile, kernelMemory } from '@kiban/tensor';
import { type GramCounts, longestGram, shortestGram, type WindowRepetition, windowPoints } from './repetition.ts';

/** The part of `kernels/text.as.ts` that is used here; addresses in bytes. */
interface RepetitionExports {
  repetition(points: number, count: number, work: number, out: number): void;
}

const outWords = 4 * (longestGram - shortestGram + 1) + 1;
const outOffset = 0;
const pointOffset = 256;
const workOffset = pointOffset + 4 * 4_096;
const memoryBytes = workOffset + 114_692;

interface RepetitionKernel {
  readonly exports: RepetitionExports;
  readonly points: Uint32Array;
  readonly out: Uint32Array;
}

let ofThread: RepetitionKernel | undefined;

/**
 * N-grams of a window, in this thread's own memory of 192 KiB; the same numbers as {@link plainRepetition}.
 * @param points code points, at most {@link windowPoints}
 * @throws KibanError `kernels-missing`, `kernels-changed`; RangeError for a longer window
 */
export function windowRepetition(points: Uint32Array): WindowRepetition {
  if (points.length > windowPoints) throw new RangeError(`a window of ${points.length} code points`);
  ofThread ??= openKernel();
  const { exports, out } = ofThread;
  ofThread.points.set(points);
  exports.repetition(pointOffset, points.length, workOffset, outOffset);
  const grams: GramCounts[] = [];
  for (let row = 0; row < outWords - 1; row += 4)
    grams.push({ mostFrequent: out[row]!, distinct: out[row + 1]!, repeated: out[row + 2]!, all: out[row + 3]! });
  return { grams, coveredBy5: out[outWords - 1]! };
}

function openKernel(): RepetitionKernel {
  const memory = kernelMemory(memoryBytes);
  return {
    exports: instantiateKernelFile(new URL('../../kernels/', import.meta.url), 'text.wasm', memory),
    points: new Uint32Array(memory.buffer, pointOffset, windowPoints),
    out: new Uint32Array(memory.buffer, outOffset, outWords),
  };
}
