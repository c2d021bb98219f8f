// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KibanError, readYamlFile, Sealed, syncFolder, writeFileDurably } from '@kiban/core';
import { parsePolicy } from '@kiban/pii';
import * as z from 'zod';
import { qualityProfileSchema } from '../quality/quality-profile.ts';
import { privateUseTableSchema } from '../reading/private-use-table.ts';
import { dataSetKinds } from './pipeline-settings.ts';

/** What may be said about the documents of a data set; everything has a default. */
export const preparationSchema = z.strictObject({
  kind: z.enum(dataSetKinds).optional(),
  /** Default `kiban-ja-1`, for records `kiban-raw-1`. */
  profile: z.enum(['kiban-ja-1', 'kiban-raw-1']).optional(),
  /** Of legacy files whose bytes fit Shift_JIS and EUC-JP alike. */
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'cp932', 'euc-jp', 'iso-2022-jp']).optional(),
  /** Default `kiban-quality` version 1. */
  quality: qualityProfileSchema.optional(),
  /** What company characters (外字) stand for; without it they are counted and kept. */
  privateUse: privateUseTableSchema.optional(),
  /** Policy for personal data, YAML; by default the built-in one. */
  personalDataPolicy: z
    .string()
    .max(1 << 20)
    .optional(),
});
export type Preparation = z.output<typeof preparationSchema>;

const preparationName = 'preparation.json';
const keyName = 'surrogate.key';

/** Says in the store how its documents are prepared, for every process that works there. @throws KibanError `config-invalid` for a policy that is not valid */
export async function writePreparation(storeFolder: string, preparation: Preparation): Promise<void> {
  if (preparation.personalDataPolicy !== undefined) parsePolicy(preparation.personalDataPolicy, 'personalDataPolicy');
  const text = `${JSON.stringify(preparation, null, 2)}\n`;
  await writeFileDurably(join(storeFolder, preparationName), text, { mode: 0o600 });
}

/** The defaults where nothing was said. @throws KibanError `config-invalid` */
export async function readPreparation(storeFolder: string): Promise<Preparation> {
  const path = join(storeFolder, preparationName);
  try {
    return await readYamlFile(path, preparationSchema);
  } catch (error) {
    if (error instanceof KibanError && error.code === 'file-unreadable' && !(await exists(path))) return {};
    throw error;
  }
}

/**
 * Key from which the surrogates of names and addresses follow; made with the store, 32 bytes, readable by its owner alone. Another data set has another
 * one, so that nothing connects the same name in both.
 */
export async function surrogateKeyOf(storeFolder: string): Promise<Sealed<Uint8Array>> {
  const path = join(storeFolder, keyName);
  if (!(await exists(path))) {
    await mkdir(storeFolder, { recursive: true });
    const temporary = join(storeFolder, `.${keyName}.${randomBytes(6).toString('hex')}.tmp`);
    await writeFile(temporary, randomBytes(32), { mode: 0o600, flush: true });
    // Of two processes that come first at the same time, one makes the key and both read it.
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(temporary);
    await syncFolder(storeFolder);
  }
  return new Sealed(new Uint8Array(await readFile(path)));
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
