// SPDX-License-Identifier: Apache-2.0
import { type KernelMemory, kernelMemory } from './kernel-file.ts';
import { instantiateKernels, type KernelExports } from './kernel-module.ts';
import type { RingBits } from './ring-words.ts';

/** Bytes that an instance keeps for work in hand: three chunks of 128 KiB and a little. */
export const scratchBytes = 512 * 1024;
/** Of the scratch, at its end: seed and tail of {@link RingKernels.quantise}. */
const ownBytes = 64;

/**
 * Arithmetic of ring words and the quantiser on a WebAssembly memory, with SIMD. Arrays that are handed in are views of that memory, made with
 * {@link RingKernels.bytes}; several threads may have kernels on one memory, each with a scratch of its own. Every function gives the bits of
 * its plain twin in `ring-words.ts`, `block-quantiser.ts` and `rounding-noise.ts`.
 */
export class RingKernels {
  readonly memory: KernelMemory;
  /** Of whoever works at the moment: nothing in it outlives a synchronous piece of work. */
  readonly scratch: Uint8Array<SharedArrayBuffer>;
  readonly #kernels: KernelExports;
  readonly #buffer: SharedArrayBuffer;
  readonly #ownOffset: number;

  /**
   * @param memory made by {@link kernelMemory}, in this thread or another
   * @param scratchOffset of {@link scratchBytes} bytes of the memory that nobody else uses
   * @throws KibanError `kernels-missing`, `kernels-changed`
   */
  constructor(memory: KernelMemory, scratchOffset: number) {
    this.memory = memory;
    this.#buffer = memory.buffer;
    this.#kernels = instantiateKernels(memory);
    this.#ownOffset = scratchOffset + scratchBytes - ownBytes;
    this.scratch = new Uint8Array(this.#buffer, scratchOffset, scratchBytes - ownBytes);
  }

  /** Whether an array lies in this memory. */
  holds(view: ArrayBufferView): boolean {
    return view.buffer === this.#buffer;
  }

  /** A view of the memory. @throws RangeError beyond its end */
  bytes(offset: number, byteLength: number): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(this.#buffer, offset, byteLength);
  }

  /** target += source, modulo 2^bits. @throws RangeError for unequal lengths, half words or arrays elsewhere, as all functions here */
  add(bits: RingBits, target: Uint8Array, source: Uint8Array): void {
    this.#requireWords(bits, target, source);
    const { add8, add16, add32 } = this.#kernels;
    const kernel = bits === 16 ? add16 : bits === 8 ? add8 : add32;
    kernel(target.byteOffset, source.byteOffset, target.length);
  }

  /** target -= source, modulo 2^bits. */
  subtract(bits: RingBits, target: Uint8Array, source: Uint8Array): void {
    this.#requireWords(bits, target, source);
    const { subtract8, subtract16, subtract32 } = this.#kernels;
    const kernel = bits === 16 ? subtract16 : bits === 8 ? subtract8 : subtract32;
    kernel(target.byteOffset, source.byteOffset, target.length);
  }

  /** Levels as words in two's complement. @returns whether all levels lie in -limit to limit @param limit 1 to 127 */
  widen(bits: RingBits, levels: Int8Array, target: Uint8Array, limit: number): boolean {
    this.#requireHeld(levels, target);
    if (target.length !== levels.length * (bits / 8))
      throw new RangeError(`${levels.length} levels into ${target.length} bytes`);
    requireLimit(limit);
    const { widen8, widen16, widen32 } = this.#kernels;
    const kernel = bits === 16 ? widen16 : bits === 8 ? widen8 : widen32;
    return kernel(levels.byteOffset, target.byteOffset, levels.length, limit) === 0;
  }

  /** values *= factor: product in float64, rounded to float32. */
  scale(values: Float32Array, factor: number): void {
    this.#requireHeld(values);
    this.#kernels.scale(values.byteOffset, values.length, factor);
  }

  /**
   * One block as `quantiseBlock` does it with `roundingNoise(seed)`.
   * @param factor float32 of weight / scale, see `quantisingFactor` @param limit 1 to 127 @param seed 16 bytes, wherever they are
   * @returns how many values were clipped, or `~index` of the first one that is not finite
   */
  quantise(values: Float32Array, factor: number, limit: number, seed: Uint8Array, levels: Int8Array): number {
    this.#requireHeld(values, levels);
    requireLimit(limit);
    if (values.length !== levels.length) throw new RangeError(`${values.length} values into ${levels.length} levels`);
    if (seed.length !== 16) throw new RangeError(`a seed of ${seed.length} bytes, not 16`);
    this.bytes(this.#ownOffset, 16).set(seed);
    const tail = this.#ownOffset + 16;
    const { quantise } = this.#kernels;
    return quantise(values.byteOffset, values.length, factor, limit, this.#ownOffset, levels.byteOffset, tail);
  }

  #requireWords(bits: RingBits, target: Uint8Array, source: Uint8Array): void {
    this.#requireHeld(target, source);
    if (target.length !== source.length) throw new RangeError(`${source.length} bytes into ${target.length}`);
    if (target.length % (bits / 8) !== 0) throw new RangeError(`${target.length} bytes are no words of ${bits} bits`);
  }

  #requireHeld(...views: readonly ArrayBufferView[]): void {
    if (!views.every((view) => this.holds(view))) throw new RangeError('an array outside the memory of the kernels');
  }
}

/** Kernels on a memory of their own: the scratch first, then `byteLength` bytes from `scratchBytes` on. */
export function openRingKernels(byteLength = 0): RingKernels {
  return new RingKernels(kernelMemory(scratchBytes + byteLength), 0);
}

function requireLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 127) throw new RangeError(`limit ${limit} is not 1 to 127`);
}

let ofThread: RingKernels | undefined;

/** This thread's kernels with nothing but a scratch, for work on arrays that lie elsewhere. */
export function threadRingKernels(): RingKernels {
  ofThread ??= openRingKernels();
  return ofThread;
}
