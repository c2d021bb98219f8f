// SPDX-License-Identifier: Apache-2.0

/** A table's row as lines `column: value`, the empty cells left out; a cell of a column without a name stands alone. */
export function rowText(columns: readonly string[], values: readonly (string | undefined)[]): string {
  const lines: string[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]?.trim();
    const name = columns[index]?.trim();
    if (value) lines.push(name ? `${name}: ${value}` : value);
  }
  return lines.join('\n');
}
