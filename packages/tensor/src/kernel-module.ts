// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KibanError } from '@kiban/core';

/** What `kernels/ring.as.ts` exports; addresses and lengths in bytes unless they are called counts. */
export interface KernelExports {
  readonly add8: WordKernel;
  readonly add16: WordKernel;
  readonly add32: WordKernel;
  readonly subtract8: WordKernel;
  readonly subtract16: WordKernel;
  readonly subtract32: WordKernel;
  readonly widen8: WidenKernel;
  readonly widen16: WidenKernel;
  readonly widen32: WidenKernel;
  scale(values: number, count: number, factor: number): void;
  quantise(
    values: number,
    count: number,
    factor: number,
    limit: number,
    seed: number,
    levels: number,
    scratch: number,
  ): number;
}

type WordKernel = (target: number, source: number, byteLength: number) => void;
type WidenKernel = (levels: number, target: number, count: number, limit: number) => number;

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
const folder = new URL('../kernels/', import.meta.url);
let compiled: object | undefined;

/** A memory of whole pages with at least `byteLength` bytes, never grown. Pages that are not touched cost nothing. */
export function kernelMemory(byteLength: number): KernelMemory {
  const pages = Math.ceil(byteLength / pageBytes);
  return new webAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** The kernels on a memory. @throws KibanError as {@link readKernels} */
export function instantiateKernels(memory: KernelMemory): KernelExports {
  compiled ??= new webAssembly.Module(readKernels(folder));
  const imports = { env: { memory, abort: () => undefined } };
  return new webAssembly.Instance(compiled, imports).exports as KernelExports;
}

/**
 * The built kernels, if they are the ones whose SHA-256 is committed. There is no slower way round: a build that is missing or another one is
 * for a person to see.
 * @throws KibanError `kernels-missing`, `kernels-changed`
 */
export function readKernels(directory: URL): Uint8Array<ArrayBuffer> {
  const path = fileURLToPath(new URL('ring.wasm', directory));
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw kernelProblem('kernels-missing', path, cause);
  }
  const [expected] = readFileSync(new URL('ring.wasm.sha256', directory), 'utf8').split(' ');
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
