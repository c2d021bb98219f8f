// SPDX-License-Identifier: Apache-2.0
// Builds the WebAssembly kernels; part of `npm ci`. Only the digests of the output are committed: this says when an output is another one, and
// `--accept` takes it over after a wanted change of the source.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const packages = join(import.meta.dirname, '..', 'packages');
const kernels = [
  { folder: join(packages, 'tensor', 'kernels'), name: 'ring' },
  { folder: join(packages, 'corpus', 'kernels'), name: 'text' },
];

for (const { folder, name } of kernels) {
  const binary = await compiled(folder, name);
  const digestFile = join(folder, `${name}.wasm.sha256`);
  const line = `${createHash('sha256').update(binary).digest('hex')}  ${name}.wasm\n`;
  if (process.argv.includes('--accept')) writeFileSync(digestFile, line);
  if (!existsSync(digestFile) || readFileSync(digestFile, 'utf8') !== line) {
    console.error(
      `${join(folder, name)}.as.ts gives another ${name}.wasm than ${name}.wasm.sha256 says.\n` +
        'If the source was changed on purpose, take it over: node scripts/build-kernels.ts --accept\n' +
        `is ${line}`,
    );
    process.exit(1);
  }
  const output = join(folder, `${name}.wasm`);
  writeFileSync(`${output}.tmp`, binary);
  renameSync(`${output}.tmp`, output);
}

async function compiled(folder: string, name: string): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      `${name}.as.ts`,
      `--outFile=${name}.wasm`,
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
      readFile: (file, baseDirectory) => {
        try {
          return readFileSync(join(folder, baseDirectory, file), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (file, contents) => {
        if (file === `${name}.wasm` && contents instanceof Uint8Array) binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) {
    console.error(`${stderr.toString()}\n${error?.message ?? 'no output'}`);
    process.exit(1);
  }
  return binary;
}
