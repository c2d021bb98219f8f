// SPDX-License-Identifier: Apache-2.0
import { combine, split } from 'shamir-secret-sharing';

export type CombinedSecret =
  | { readonly ok: true; readonly secret: Uint8Array }
  | { readonly ok: false; readonly code: 'too-few-shares' | 'share-malformed' | 'share-repeated' };

/**
 * Shamir shares over GF(2^8), byte by byte. A share is one byte longer than the secret (its coordinate comes last).
 * Coefficients come from the library's own generator (node:crypto), not from a port: record the shares where a replay must be exact.
 * @throws RangeError unless 2 <= threshold <= shares <= 255
 */
export async function splitSecret(
  secret: Uint8Array,
  parameters: { readonly shares: number; readonly threshold: number },
): Promise<readonly Uint8Array[]> {
  const { shares, threshold } = parameters;
  if (
    !Number.isInteger(shares) ||
    !Number.isInteger(threshold) ||
    threshold < 2 ||
    threshold > shares ||
    shares > 255
  ) {
    throw new RangeError('2 <= threshold <= shares <= 255');
  }
  return await split(Uint8Array.from(secret), shares, threshold);
}

/**
 * Interpolates at 0. Nothing here proves that the shares belong together or were enough: fewer than the threshold, or one flipped bit, give other
 * bytes without a sign. Check the result against a commitment before using it.
 */
export async function combineShares(shares: readonly Uint8Array[]): Promise<CombinedSecret> {
  const length = shares[0]?.length ?? 0;
  if (shares.length < 2) return { ok: false, code: 'too-few-shares' };
  if (shares.length > 255 || length < 2 || shares.some((share) => share.length !== length)) {
    return { ok: false, code: 'share-malformed' };
  }
  const coordinates = new Set(shares.map((share) => share[length - 1]));
  if (coordinates.has(0)) return { ok: false, code: 'share-malformed' };
  if (coordinates.size !== shares.length) return { ok: false, code: 'share-repeated' };
  return { ok: true, secret: await combine(shares.map((share) => Uint8Array.from(share))) };
}
