// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** One edit of a source file of this package: `find` must occur exactly once. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

type Driver = typeof import('./coalition-driver.ts');

const builds = new Map<string, readonly Edit[]>();
const here = new URL('.', import.meta.url).href;

/**
 * The package and its test driver with some checks taken out, loaded beside the product: the positive control of an attack. An attack that fails
 * on the broken build too proves nothing about the check.
 */
export async function brokenBuild(...edits: Edit[]): Promise<Driver> {
  for (const { file, find } of edits) {
    const count = readFileSync(new URL(file, here), 'utf8').split(find).length - 1;
    if (count !== 1) throw new Error(`${file} has the text of the edit ${count} times: ${find}`);
  }
  const name = String(builds.size);
  builds.set(name, edits);
  return (await import(`./coalition-driver.ts?build=${name}`)) as Driver;
}

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    const build = buildOf(context.parentURL ?? '');
    if (build === undefined || !resolved.url.startsWith(here) || buildOf(resolved.url) !== undefined) return resolved;
    return { ...resolved, url: `${resolved.url}?build=${build}` };
  },
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const edits = builds.get(buildOf(url) ?? '')?.filter(({ file }) => url.startsWith(`${here}${file}?`)) ?? [];
    if (edits.length === 0) return loaded;
    const source = edits.reduce((text, { find, replace }) => text.replace(find, () => replace), String(loaded.source));
    return { ...loaded, source };
  },
});

function buildOf(url: string): string | undefined {
  return url.startsWith(here) ? (new URL(url).searchParams.get('build') ?? undefined) : undefined;
}
