// SPDX-License-Identifier: Apache-2.0

/** The operating system's code of an error, such as `EACCES`. */
export function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
