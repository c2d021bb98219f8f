// SPDX-License-Identifier: Apache-2.0
import { isKibanError } from '@kiban/core';

/** Stable; a retired number is never used again. */
export const exitCodes = {
  success: 0,
  internal: 1,
  usage: 2,
  badInput: 3,
  refused: 4,
  unavailable: 5,
  notFound: 6,
  diskFull: 7,
  programmeFailed: 8,
  interrupted: 130,
} as const;

export function exitCodeOf(error: unknown): number {
  if (!isKibanError(error)) return exitCodes.internal;
  if (error.status === 404) return exitCodes.notFound;
  if (error.status === 507) return exitCodes.diskFull;
  if (error.status === 401 || error.status === 403 || error.status === 409 || error.status === 410)
    return exitCodes.refused;
  if (error.status >= 500) return error.status === 503 ? exitCodes.unavailable : exitCodes.internal;
  return exitCodes.badInput;
}
