// SPDX-License-Identifier: Apache-2.0

/** Uniform 16-bit words for stochastic rounding: the next `count` of a stream. */
export type NoiseSource = (count: number) => Uint16Array;

const laneCount = 4;
const seedBytes = 16;

/**
 * xoshiro128+ 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), upper 16 bits, in four lanes as a vector unit
 * runs them: word i of the stream is from lane i mod 4, and a lane's state is the seed mixed with the lane's number. One source per block and
 * seed makes the noise seekable. For rounding alone: NEVER for masks, keys or privacy noise.
 * @param seed 16 bytes of a strong stream, different for every block and every use.
 * @throws RangeError for a seed of another length.
 */
export function roundingNoise(seed: Uint8Array): NoiseSource {
  const state = seededLanes(seed);
  let position = 0;
  return (count) => {
    const words = new Uint16Array(count);
    for (let first = 0; first < laneCount; first += 1) fillLane(state, (position + first) % laneCount, words, first);
    position += count;
    return words;
  };
}

function seededLanes(seed: Uint8Array): Uint32Array {
  if (seed.length !== seedBytes) throw new RangeError(`a seed of ${seed.length} bytes, not ${seedBytes}`);
  const view = new DataView(seed.buffer, seed.byteOffset, seedBytes);
  const state = new Uint32Array(laneCount * 4);
  for (let index = 0; index < state.length; index += 1) {
    state[index] = mix(view.getUint32((index % 4) * 4, true) + Math.imul(index + 1, 0x9e3779b9));
  }
  // The all-zero state never leaves itself; one of the 2^128 seeds leads each lane to it.
  for (let lane = 0; lane < state.length; lane += 4) {
    if ((state[lane]! | state[lane + 1]! | state[lane + 2]! | state[lane + 3]!) === 0) state[lane] = 1;
  }
  return state;
}

/** Finaliser of MurmurHash3 (Appleby, public domain): a bijection of 32 bits without linear structure. */
function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Every fourth word from `first` on. The state lives in locals meanwhile: that is most of the speed. */
function fillLane(state: Uint32Array, lane: number, words: Uint16Array, first: number): void {
  let s0 = state[lane * 4]! | 0;
  let s1 = state[lane * 4 + 1]! | 0;
  let s2 = state[lane * 4 + 2]! | 0;
  let s3 = state[lane * 4 + 3]! | 0;
  for (let index = first; index < words.length; index += laneCount) {
    words[index] = (s0 + s3) >>> 16;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
  }
  state.set([s0, s1, s2, s3], lane * 4);
}
