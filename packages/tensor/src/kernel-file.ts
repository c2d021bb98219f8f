// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KibanError } from '@kiban/core';

/** A WebAssembly memory that threads may share; may be posted to a worker. */
export interface KernelMemory {
  readonly buffer: SharedArrayBuffer;
}

/** The part of the global that is used here; the types of Node come without it. */
interface WebAssemblyApi {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const { WebAssembly: webAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
const pageBytes = 65_536;
const compiled = new Map<string, object>();

/** A memory of whole pages with at least `byteLength` bytes, never grown. Pages that are not touched cost nothing. */
export function kernelMemory(byteLength: number): KernelMemory {
  const pages = Math.ceil(byteLength / pageBytes);
  return new webAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/**
 * What the kernels of a file export, working on a memory; the caller says with `Exports` what that is.
 * @param directory with `NAME` and `NAME.sha256`
 * @throws KibanError as {@link readKernelFile}
 */
export function instantiateKernelFile<Exports>(directory: URL, name: string, memory: KernelMemory): Exports {
  const url = new URL(name, directory).href;
  const module = compiled.get(url) ?? new webAssembly.Module(readKernelFile(directory, name));
  compiled.set(url, module);
  return new webAssembly.Instance(module, { env: { memory, abort: () => undefined } }).exports as Exports;
}

/**
 * The built kernels, if they are the ones whose SHA-256 is committed. There is no slower way round: a build that is missing or another one is
 * for a person to see.
 * @throws KibanError `kernels-missing`, `kernels-changed`
 */
export function readKernelFile(directory: URL, name: string): Uint8Array<ArrayBuffer> {
  const path = fileURLToPath(new URL(name, directory));
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw kernelProblem('kernels-missing', path, cause);
  }
  const [expected] = readFileSync(new URL(`${name}.sha256`, directory), 'utf8').split(' ');
  if (createHash('sha256').update(bytes).digest('hex') !== expected) throw kernelProblem('kernels-changed', path);
  return bytes;
}

function kernelProblem(code: 'kernels-missing' | 'kernels-changed', path: string, cause?: unknown): KibanError {
  const missing = code === 'kernels-missing';
  return new KibanError({
    code,
    status: 500,
    title: missing
      ? { ja: '計算カーネルがありません', en: 'The kernels are missing' }
      : { ja: '計算カーネルが想定と異なります', en: 'The kernels are not the expected ones' },
    detail: {
      ja: `${path} ${missing ? 'がありません' : 'の SHA-256 が記録と一致しません'}。リポジトリの最上位で npm run prepare を実行してください。`,
      en: `${path} ${missing ? 'is not there' : 'has another SHA-256 than the recorded one'}. Run npm run prepare at the top of the repository.`,
    },
    cause,
  });
}
