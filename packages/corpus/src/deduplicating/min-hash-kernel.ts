// SPDX-License-Identifier: Apache-2.0
import { instantiateKernelFile, kernelMemory } from '@kiban/tensor';
import { gramPoints, signatureBytes, slotCount, slotSeeds } from './min-hash.ts';

/** The part of `kernels/text.as.ts` that is used here; addresses in bytes. */
interface MinHashExports {
  gramHashes(text: number, unitCount: number, hashes: number): number;
  lowerSlots(hashes: number, count: number, seeds: number, slots: number): void;
}

/** UTF-16 units handed over at once: hashes of a piece stay in the processor's first cache. */
const pieceUnits = 4_096;
const seedOffset = 0;
const slotOffset = seedOffset + signatureBytes;
const textOffset = slotOffset + signatureBytes;
/** The kernel reads up to 6 bytes behind the text and writes up to 12 behind the hashes. */
const hashOffset = textOffset + 2 * pieceUnits + 64;
const memoryBytes = hashOffset + 4 * pieceUnits + 64;

/** Signatures by WebAssembly, in one thread's own memory of 64 KiB; the same bits as {@link plainSignature}. */
class MinHashKernel {
  readonly #exports: MinHashExports;
  readonly #slots: Uint32Array;
  readonly #text: Buffer;

  constructor() {
    const memory = kernelMemory(memoryBytes);
    this.#exports = instantiateKernelFile(new URL('../../kernels/', import.meta.url), 'text.wasm', memory);
    new Uint32Array(memory.buffer, seedOffset, slotCount).set(slotSeeds);
    this.#slots = new Uint32Array(memory.buffer, slotOffset, slotCount);
    this.#text = Buffer.from(memory.buffer, textOffset, 2 * pieceUnits);
  }

  signature(shadow: string): Uint32Array | undefined {
    this.#slots.fill(0xffffffff);
    let grams = 0;
    for (let from = 0; from < shadow.length; ) {
      let to = Math.min(shadow.length, from + pieceUnits);
      if (to < shadow.length && splitsPair(shadow, to)) to -= 1;
      const units =
        this.#text.write(from === 0 && to === shadow.length ? shadow : shadow.slice(from, to), 'utf16le') / 2;
      const count = this.#exports.gramHashes(textOffset, units, hashOffset);
      this.#exports.lowerSlots(hashOffset, count, seedOffset, slotOffset);
      grams += count;
      if (to === shadow.length) break;
      // The last four points begin the next piece, so that no gram is lost and none is met twice.
      from = to;
      for (let point = 1; point < gramPoints; point += 1) from -= splitsPair(shadow, from - 1) ? 2 : 1;
    }
    return grams === 0 ? undefined : this.#slots.slice();
  }
}

function splitsPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
}

let ofThread: MinHashKernel | undefined;

/**
 * The MinHash signature of a dedup shadow: 112 words of 32 bits; `undefined` under five code points.
 * @throws KibanError `kernels-missing`, `kernels-changed`
 */
export function minHashSignature(shadow: string): Uint32Array | undefined {
  ofThread ??= new MinHashKernel();
  return ofThread.signature(shadow);
}
