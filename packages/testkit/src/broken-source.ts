// SPDX-License-Identifier: Apache-2.0
// Preloaded into a process under test (`node --import`), and by it into its threads: source files of the product with a check taken out.
import { registerHooks } from 'node:module';

/** One edit of a source file, which has `find` exactly once. */
export interface SourceEdit {
  /** End of the file's URL, for example `hub/src/shard-summing.ts`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Where the preloaded module finds its {@link SourceEdit}, as JSON. */
export const sourceEditVariable = 'KIBAN_TEST_SOURCE_EDIT';

/** The module to preload. */
export const brokenSource: string = import.meta.filename;

const text = process.env[sourceEditVariable];
if (text !== undefined) {
  const { file, find, replace } = JSON.parse(text) as SourceEdit;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(file)) return loaded;
      const source = String(loaded.source);
      if (source.split(find).length !== 2) throw new Error(`${file} does not have the text of the edit once: ${find}`);
      return { ...loaded, source: source.replace(find, () => replace) };
    },
  });
}
