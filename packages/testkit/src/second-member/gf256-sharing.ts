// SPDX-License-Identifier: Apache-2.0

/** GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, bit by bit: no tables to get wrong. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let left = a, right = b; right > 0; right >>= 1) {
    if (right & 1) product ^= left;
    left = (left << 1) ^ (left & 0x80 ? 0x11b : 0);
  }
  return product;
}

/** a^254, as a^255 = 1. */
function invert(a: number): number {
  let power = 1;
  for (let count = 0; count < 254; count += 1) power = multiply(power, a);
  return power;
}

/**
 * Shares of one byte more than the secret: the values of one polynomial per byte, then the coordinate.
 * @param random gives so many bytes; coordinates are 1 to `shares`, in order
 */
export function splitSecret(
  secret: Uint8Array,
  shares: number,
  threshold: number,
  random: (length: number) => Uint8Array,
): Uint8Array[] {
  const polynomials = Array.from(secret, (byte) => [byte, ...random(threshold - 1)]);
  return Array.from({ length: shares }, (_, place) => {
    const x = place + 1;
    // Horner, from the highest coefficient down.
    const values = polynomials.map((coefficients) =>
      coefficients.reduceRight((sum, coefficient) => multiply(sum, x) ^ coefficient, 0),
    );
    return Uint8Array.from([...values, x]);
  });
}

/** Lagrange at 0. Proves nothing: the result needs a commitment to be checked against. */
export function combineShares(shares: readonly Uint8Array[]): Uint8Array {
  const length = (shares[0]?.length ?? 1) - 1;
  const at = shares.map((share) => share[length] as number);
  const secret = new Uint8Array(length);
  for (const [place, share] of shares.entries()) {
    let weight = 1;
    for (const [other, x] of at.entries()) {
      if (other !== place) weight = multiply(weight, multiply(x, invert(x ^ (at[place] as number))));
    }
    for (let index = 0; index < length; index += 1) secret[index]! ^= multiply(share[index] as number, weight);
  }
  return secret;
}
