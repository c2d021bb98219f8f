// SPDX-License-Identifier: Apache-2.0
// Builds the WebAssembly kernels; part of `npm ci`. Only the digest of the output is committed: this says when the output is another one, and
// `--accept` takes it over after a wanted change of the source.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const folder = join(import.meta.dirname, '..', 'packages', 'tensor', 'kernels');
const source = 'ring.as.ts';
const output = join(folder, 'ring.wasm');
const digestFile = join(folder, 'ring.wasm.sha256');

let binary: Uint8Array | undefined;
const { error, stderr } = await asc.main(
  [
    source,
    '--outFile=ring.wasm',
    '--runtime=stub',
    '--importMemory',
    '--sharedMemory',
    '--maximumMemory=65536',
    '--enable=simd',
    '--enable=threads',
    '--enable=bulk-memory',
    '-O3',
    '--noAssert',
  ],
  {
    readFile: (name, baseDirectory) => {
      try {
        return readFileSync(join(folder, baseDirectory, name), 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (name, contents) => {
      if (name === 'ring.wasm' && contents instanceof Uint8Array) binary = contents;
    },
    listFiles: () => [],
  },
);
if (error !== null || binary === undefined) {
  console.error(`${stderr.toString()}\n${error?.message ?? 'no output'}`);
  process.exit(1);
}
const line = `${createHash('sha256').update(binary).digest('hex')}  ring.wasm\n`;
if (process.argv.includes('--accept')) writeFileSync(digestFile, line);
if (readFileSync(digestFile, 'utf8') !== line) {
  console.error(
    `packages/tensor/kernels/${source} gives another ring.wasm than ring.wasm.sha256 says.\n` +
      'If the source was changed on purpose, take it over: node scripts/build-kernels.ts --accept\n' +
      `is ${line}`,
  );
  process.exit(1);
}
writeFileSync(`${output}.tmp`, binary);
renameSync(`${output}.tmp`, output);
