// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { SeededRandom } from '@kiban/core';
import fc from 'fast-check';
import { quantiseBlock, quantisingFactor } from './block-quantiser.ts';
import { readKernelFile } from './kernel-file.ts';
import { openRingKernels, scratchBytes } from './ring-kernels.ts';
import { addWords, type RingBits, type RingWords, subtractWords } from './ring-words.ts';
import { roundingNoise } from './rounding-noise.ts';

const kernels = openRingKernels(65_536);
const bits = fc.constantFrom<RingBits>(8, 16, 32);
const guard = 0xa5;

/** Puts bytes into the memory, with a guard byte before and behind, and gives the view. */
function placed(bytes: Uint8Array, offset: number): Uint8Array {
  const around = kernels.bytes(scratchBytes + offset - 1, bytes.length + 2).fill(guard);
  around.set(bytes, 1);
  return around.subarray(1, -1);
}

function guarded(view: Uint8Array): boolean {
  const around = kernels.bytes(view.byteOffset - 1, view.length + 2);
  return around[0] === guard && around.at(-1) === guard;
}

function randomBytes(seed: number, length: number): Uint8Array {
  const random = new SeededRandom(seed);
  return Uint8Array.from({ length }, () => random.below(256));
}

function words(width: RingBits, bytes: Uint8Array): RingWords {
  const { buffer } = bytes.slice();
  return width === 8 ? new Uint8Array(buffer) : width === 16 ? new Uint16Array(buffer) : new Uint32Array(buffer);
}

const bytesOf = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

test('words are added and subtracted to the bits of the plain twin, at odd lengths and addresses', () => {
  fc.assert(
    fc.property(bits, fc.nat(150), fc.nat(40), fc.nat(40), fc.nat(), (width, count, before, between, seed) => {
      const length = count * (width / 8);
      const [left, right] = [randomBytes(seed, length), randomBytes(seed + 1, length)];
      const target = placed(left, 1 + before);
      const source = placed(right, 1 + before + length + 1 + between);
      const plain = words(width, left);
      kernels.add(width, target, source);
      addWords(plain, words(width, right));
      assert.deepEqual(Buffer.from(target), bytesOf(plain));
      kernels.subtract(width, target, source);
      kernels.subtract(width, target, source);
      subtractWords(plain, words(width, right));
      subtractWords(plain, words(width, right));
      assert.deepEqual(Buffer.from(target), bytesOf(plain));
      assert.deepEqual(Buffer.from(source), Buffer.from(right));
      assert.ok(guarded(target) && guarded(source));
    }),
  );
});

test('levels become words in two’s complement, and one beyond the limit is seen wherever it stands', () => {
  fc.assert(
    fc.property(
      bits,
      fc.integer({ min: 1, max: 90 }),
      fc.nat(20),
      fc.integer({ min: 1, max: 126 }),
      fc.nat(),
      (width, count, offset, limit, seed) => {
        const random = new SeededRandom(seed);
        const levels = Int8Array.from({ length: count }, () => random.below(2 * limit + 1) - limit);
        const source = placed(new Uint8Array(levels.buffer), 1 + offset);
        const target = placed(new Uint8Array(count * (width / 8)), 200 + offset);
        const asLevels = new Int8Array(source.buffer, source.byteOffset, count);
        assert.equal(kernels.widen(width, asLevels, target, limit), true);
        const plain = words(width, target);
        levels.forEach((level, index) => {
          assert.equal(plain[index]! - (plain[index]! >= 2 ** (width - 1) ? 2 ** width : 0), level);
        });
        assert.ok(guarded(target));
        const at = random.below(count);
        for (const strange of [limit + 1, -limit - 1, -128]) {
          asLevels[at] = strange;
          assert.equal(kernels.widen(width, asLevels, target, limit), false);
        }
      },
    ),
  );
});

/** Values near level borders, far beyond the limit, tiny, huge and zero. */
const anyValues = fc.array(
  fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true, min: -2, max: 2 }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -130, max: 130 }).map((level) => Math.fround(level * 0.01)),
    fc.constantFrom(0, -0, 1e-45, 3.4e38, -3.4e38),
  ),
  { maxLength: 70 },
);

test('a block is quantised to the levels and clip count of the plain twin, whatever values, scale, limit and seed', () => {
  fc.assert(
    fc.property(
      anyValues,
      fc.float({ min: Math.fround(1e-4), max: 10, noNaN: true }),
      fc.constantFrom(1, 7, 127),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.nat(9),
      (list, scale, limit, seed, offset) => {
        const plainValues = Float32Array.from(list);
        const plain = quantiseBlock(plainValues, scale, limit, roundingNoise(seed));
        const held = placed(new Uint8Array(plainValues.buffer), 4 * (1 + offset));
        const values = new Float32Array(held.buffer, held.byteOffset, list.length);
        const out = placed(new Uint8Array(list.length), 2_000 + offset);
        const levels = new Int8Array(out.buffer, out.byteOffset, list.length);
        const clipped = kernels.quantise(values, quantisingFactor(scale), limit, seed, levels);
        assert.ok(plain.ok);
        assert.equal(clipped, plain.block.clippedCount);
        assert.deepEqual([...levels], [...plain.block.levels]);
        assert.ok(guarded(out));
      },
    ),
    { numRuns: 300 },
  );
});

test('the first value that is not finite is found at the same place', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.array(fc.tuple(fc.nat(69), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)), {
        minLength: 1,
        maxLength: 3,
      }),
      (count, faults) => {
        const values = new Float32Array(kernels.memory.buffer, scratchBytes, count).fill(0.5);
        for (const [at, fault] of faults) values[at % count] = fault;
        const plain = quantiseBlock(Float32Array.from(values), 1, 127, roundingNoise(new Uint8Array(16)));
        assert.ok(!plain.ok);
        const levels = new Int8Array(kernels.memory.buffer, scratchBytes + 1_000, count);
        assert.equal(kernels.quantise(values, 1, 127, new Uint8Array(16), levels), ~plain.index);
      },
    ),
  );
});

test('a lane that the seed leaves at zero comes to life as in the plain twin', () => {
  // Word k of lane 0 is mix(seed[k] + (k + 1) * golden): zero for exactly this seed.
  const seed = new Uint8Array(Uint32Array.from([1, 2, 3, 4], (k) => -Math.imul(k, 0x9e3779b9)).buffer);
  const list = Float32Array.from({ length: 64 }, (_, index) => index / 7);
  const plain = quantiseBlock(list, 1, 127, roundingNoise(seed));
  const values = new Float32Array(kernels.memory.buffer, scratchBytes, 64);
  values.set(list);
  const levels = new Int8Array(kernels.memory.buffer, scratchBytes + 1_000, 64);
  kernels.quantise(values, 1, 127, seed, levels);
  assert.deepEqual(plain.ok && [...plain.block.levels], [...levels]);
});

test('values are scaled in float64 and rounded once, as a loop over the array does it', () => {
  fc.assert(
    fc.property(anyValues, fc.double({ min: 1e-9, max: 1, noNaN: true }), (list, factor) => {
      const plain = Float32Array.from(Float32Array.from(list), (value) => value * factor);
      const values = new Float32Array(kernels.memory.buffer, scratchBytes, list.length);
      values.set(list);
      kernels.scale(values, factor);
      assert.deepEqual(Buffer.from(bytesOf(values)), bytesOf(plain));
    }),
  );
});

test('arrays elsewhere, of unequal length or with half a word are refused', () => {
  const inside = kernels.bytes(scratchBytes, 8);
  assert.throws(() => kernels.add(8, inside, new Uint8Array(8)), RangeError);
  assert.throws(() => kernels.subtract(16, inside, kernels.bytes(scratchBytes, 6)), RangeError);
  assert.throws(() => kernels.add(32, inside.subarray(0, 6), inside.subarray(0, 6)), RangeError);
  assert.throws(() => kernels.widen(16, new Int8Array(inside.buffer, scratchBytes, 8), inside, 7), RangeError);
  assert.throws(() => kernels.bytes(kernels.memory.buffer.byteLength - 4, 8), RangeError);
});

test('kernels that are missing or another build are refused with the command that builds them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-kernels-'));
  try {
    const here = new URL(`${pathToFileURL(folder).href}/`);
    copyFileSync(new URL('../kernels/ring.wasm.sha256', import.meta.url), join(folder, 'ring.wasm.sha256'));
    assert.throws(() => readKernelFile(here, 'ring.wasm'), { code: 'kernels-missing', message: /npm run prepare/ });
    const right = readKernelFile(new URL('../kernels/', import.meta.url), 'ring.wasm');
    writeFileSync(join(folder, 'ring.wasm'), right);
    assert.deepEqual(readKernelFile(here, 'ring.wasm'), right);
    right[right.length - 1]! ^= 1;
    writeFileSync(join(folder, 'ring.wasm'), right);
    assert.throws(() => readKernelFile(here, 'ring.wasm'), { code: 'kernels-changed', message: /npm run prepare/ });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
