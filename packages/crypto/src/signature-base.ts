// SPDX-License-Identifier: Apache-2.0

/**
 * Signature base of RFC 9421 section 2.5: a line per component, then `@signature-params`; LF between lines, none at the end.
 * `signatureParams` is the text after `label=` in `Signature-Input`.
 */
export function signatureBase(
  components: readonly (readonly [name: string, value: string])[],
  signatureParams: string,
): string {
  const lines = components.map(([name, value]) => `"${name}": ${value}`);
  return [...lines, `"@signature-params": ${signatureParams}`].join('\n');
}
