// SPDX-License-Identifier: Apache-2.0
import { instantiateKernelFile, type KernelMemory } from './kernel-file.ts';

/** What `kernels/ring.as.ts` exports; addresses and lengths in bytes unless they are called counts. */
export interface KernelExports {
  readonly add8: WordKernel;
  readonly add16: WordKernel;
  readonly add32: WordKernel;
  readonly subtract8: WordKernel;
  readonly subtract16: WordKernel;
  readonly subtract32: WordKernel;
  readonly widen8: WidenKernel;
  readonly widen16: WidenKernel;
  readonly widen32: WidenKernel;
  scale(values: number, count: number, factor: number): void;
  quantise(
    values: number,
    count: number,
    factor: number,
    limit: number,
    seed: number,
    levels: number,
    scratch: number,
  ): number;
}

type WordKernel = (target: number, source: number, byteLength: number) => void;
type WidenKernel = (levels: number, target: number, count: number, limit: number) => number;

const folder = new URL('../kernels/', import.meta.url);

/** The kernels on a memory. @throws KibanError `kernels-missing`, `kernels-changed` */
export function instantiateKernels(memory: KernelMemory): KernelExports {
  return instantiateKernelFile<KernelExports>(folder, 'ring.wasm', memory);
}
