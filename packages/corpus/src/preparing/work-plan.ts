// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Sha256Digest, sha256Hex, writeFileDurably } from '@kiban/core';
import * as z from 'zod';
import type { UnitFile } from './prepare-unit.ts';
import { fileIdentitySchema } from './segment.ts';
import { cutIntoUnits, type UnitLimits, type WorkUnit } from './work-units.ts';

const planSchema = z.array(z.strictObject({ name: z.string(), files: z.array(fileIdentitySchema) }));

/**
 * How the files that are not prepared yet are cut into units, agreed between all processes that see the same files: whoever comes first writes it
 * down, the others and whoever resumes after a crash read it. Two that write at the same time leave one of two good plans.
 * @param all the whole listing, which names the plan
 * @param missing the files that no sealed segment covers, in the order of the listing
 */
export async function agreeOnUnits(
  folder: string,
  pipeline: Sha256Digest,
  all: readonly UnitFile[],
  missing: readonly UnitFile[],
  limits?: UnitLimits,
): Promise<readonly WorkUnit[]> {
  const listing = sha256Hex(canonicalJson({ pipeline, files: all.map((file) => file.identity) }));
  const path = join(folder, `${listing}.json`);
  const known = await readPlan(path);
  const wanted = new Set(missing.map((file) => file.identity.path));
  // A plan that no longer covers what is missing is of a store that lost segments since.
  if (known !== undefined) {
    for (const unit of known) for (const file of unit.files) wanted.delete(file.path);
    if (wanted.size === 0) return known;
  }
  const units = cutIntoUnits(
    missing.map((file) => file.identity),
    pipeline,
    limits,
  );
  await writeFileDurably(path, `${JSON.stringify(units)}\n`, { mode: 0o600 });
  return (await readPlan(path)) ?? units;
}

/** Plans of other listings are of no more use. */
export async function clearPlans(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) await rm(join(folder, name), { force: true });
}

async function readPlan(path: string): Promise<WorkUnit[] | undefined> {
  try {
    return planSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
