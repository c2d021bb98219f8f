// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { KibanError } from './kiban-error.ts';

/** One fault in a YAML text. `line` and `column` count from 1; 0 when the place is not known. */
export interface ConfigFault {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/**
 * Parses YAML 1.2 and checks it against a schema. All faults are reported at once, each with field and line.
 * @throws KibanError `config-invalid` (422) with `extra.faults`.
 */
export function parseYaml<S extends z.ZodType>(text: string, schema: S, name: string): z.output<S> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const syntax = document.errors.map((error): ConfigFault => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { path: '', line, column: col, message: error.message };
  });
  if (syntax.length > 0) throw invalid(name, syntax);
  const result = schema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue): ConfigFault => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
    const path = [...issue.path, ...keys.slice(0, 1)].map(String);
    const { line, column } = locate(document, lines, [...issue.path, ...keys.slice(0, 1)]);
    return { path: path.join('.'), line, column, message: issue.message };
  });
  throw invalid(name, faults);
}

/** Reads and parses a YAML file; see {@link parseYaml}. @throws KibanError `file-unreadable` (404) */
export async function readYamlFile<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new KibanError({
      code: 'file-unreadable',
      status: 404,
      title: { ja: 'ファイルを読めません', en: 'The file cannot be read' },
      detail: {
        ja: `${path} を読めません (${errorCode(error)})。`,
        en: `${path} cannot be read (${errorCode(error)}).`,
      },
      cause: error,
    });
  }
  return parseYaml(text, schema, path);
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

function locate(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly PropertyKey[],
): { line: number; column: number } {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const items = (parent as { items?: unknown[] } | undefined)?.items;
    const key = path[depth - 1];
    const pair = items?.find((item, index) => {
      const name = (item as { key?: { value?: unknown } }).key?.value;
      return name === undefined ? index === key : name === key;
    }) as { key?: { range?: [number, number, number] }; range?: [number, number, number] } | undefined;
    const range = pair?.key?.range ?? pair?.range;
    if (range) {
      const { line, col } = lines.linePos(range[0]);
      return { line, column: col };
    }
  }
  return { line: 0, column: 0 };
}

function invalid(name: string, faults: readonly ConfigFault[]): KibanError {
  const list = faults
    .map((fault) => `${name}:${fault.line}${fault.path ? ` ${fault.path}` : ''}: ${fault.message}`)
    .join('\n');
  return new KibanError({
    code: 'config-invalid',
    status: 422,
    title: { ja: '設定に誤りがあります', en: 'The configuration has faults' },
    detail: { ja: list, en: list },
    extra: { faults },
  });
}
