// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describeOutcome } from '../describe-outcome.ts';
import type { FileOutcome } from '../file-outcome.ts';
import { eachFormat } from './each-format.ts';
import { readSamples } from './read-sample.ts';

/** One way to damage a file; places are shares of its length. */
type Damage =
  | { readonly kind: 'truncate'; readonly at: number }
  | { readonly kind: 'flip'; readonly places: readonly { readonly at: number; readonly bits: number }[] }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number };

const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('truncate' as const), at: share }),
  fc.record({
    kind: fc.constant('flip' as const),
    places: fc.array(fc.record({ at: share, bits: fc.integer({ min: 1, max: 255 }) }), { minLength: 1, maxLength: 8 }),
  }),
  fc.record({ kind: fc.constant('insert' as const), at: share, bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }) }),
  fc.record({ kind: fc.constant('remove' as const), at: share, length: fc.integer({ min: 1, max: 64 }) }),
  fc.record({ kind: fc.constant('repeat' as const), at: share, length: fc.integer({ min: 1, max: 512 }) }),
);

function damaged(sound: Buffer, how: Damage): Buffer {
  if (how.kind === 'flip') {
    const bytes = Buffer.from(sound);
    for (const { at, bits } of how.places) {
      const place = Math.floor(at * bytes.length);
      if (place < bytes.length) bytes[place] = bytes[place]! ^ bits;
    }
    return bytes;
  }
  const at = Math.floor(how.at * sound.length);
  const [before, after] = [sound.subarray(0, at), sound.subarray(at)];
  switch (how.kind) {
    case 'truncate':
      return before;
    case 'insert':
      return Buffer.concat([before, how.bytes, after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(how.length)]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, how.length), after]);
  }
}

/**
 * Reads folders of damaged files of every format: none may throw, every file and entry must end with one outcome whose counts hold. Each run damages
 * each sample once from outside, and each Office file once inside.
 */
export async function checkCorruptedFiles(runs: number): Promise<void> {
  const sound = eachFormat();
  const names = Object.keys(sound);
  const each = fc.tuple(...names.map(() => damage));
  await fc.assert(
    fc.asyncProperty(each, damage, fc.nat(), async (damages, inner, part) => {
      const files: Record<string, Buffer> = {};
      for (const [index, name] of names.entries()) files[`outside/${name}`] = damaged(sound[name]!, damages[index]!);
      let count = 0;
      const inside = eachFormat((data) => {
        count += 1;
        return count % 4 === part % 4 ? damaged(data, inner) : data;
      });
      for (const name of names.filter((name) => /\.(docx|xlsx|pptx|zip)$/.test(name))) {
        files[`inside/${name}`] = inside[name]!;
      }
      const reading = await readSamples(files, { limits: { maxPdfStepMs: 20_000 } });
      assert.deepEqual(reading.files.map(({ path }) => path).sort(), Object.keys(files).sort());
      for (const file of reading.files) checkFile(file, reading);
    }),
    { numRuns: runs, interruptAfterTimeLimit: 300_000 },
  );
}

function checkFile(file: FileOutcome, { records, entries }: Awaited<ReturnType<typeof readSamples>>): void {
  const inside = (path: string) => path === file.path || path.startsWith(`${file.path}!`);
  const own = records.filter(({ path }) => inside(path));
  assert.equal(file.records, own.length);
  const characters = own.map((record) => {
    const content = record.content.open();
    const texts = content.kind === 'text' ? [content.text] : content.messages.map(({ content }) => content);
    for (const text of texts) assert.ok(text.isWellFormed());
    return texts.join('').length;
  });
  assert.equal(
    file.characters,
    characters.reduce((sum, next) => sum + next, 0),
  );
  assert.equal(file.entries?.total ?? 0, entries.filter(({ path }) => inside(path)).length);
  for (const outcome of [file, ...entries.filter(({ path }) => inside(path))]) {
    assert.equal(outcome.status === 'refused', outcome.reason !== null);
    assert.equal(outcome.status === 'refused', outcome.records === 0);
    assert.equal(outcome.status === 'partly-kept', outcome.records > 0 && outcome.faultCount > 0);
    const counted = Object.values(outcome.faultsByReason).reduce((sum, next) => sum + next, 0);
    assert.equal(counted, outcome.faultCount);
    for (const { offset, line } of outcome.faults) assert.ok(offset >= 0 && line >= 0);
    const { ja, en } = describeOutcome(outcome);
    assert.ok(ja.startsWith(outcome.path) && en.startsWith(outcome.path));
  }
}
