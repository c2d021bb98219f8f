// SPDX-License-Identifier: Apache-2.0

/** The part of a generated text that counts as the answer: up to the first line break after leading white space. */
export function extractAnswer(generated: string): string {
  return generated.trimStart().split(/\r\n|\r|\n/u, 1)[0] ?? '';
}
