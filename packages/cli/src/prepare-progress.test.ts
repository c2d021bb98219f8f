// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FilesProgress } from '@kiban/corpus';
import { createPrepareView } from './prepare-progress.ts';

/** Shows a run of 100 MB in steps, 10 MB a second, that began with 20 MB done before. @returns the lines written */
function show(json: boolean, stepMs: number): string[] {
  const written: string[] = [];
  const output = {
    isTTY: false,
    write: (text: unknown) => {
      written.push(String(text));
      return true;
    },
  };
  let nowMs = 0;
  const view = createPrepareView({ json, language: 'en' }, output, () => nowMs);
  for (nowMs = 0; nowMs <= 8_000; nowMs += stepMs) view.update(progressAt(20e6 + nowMs * 10_000));
  nowMs = 8_000;
  view.settle();
  return written;
}

function progressAt(bytesRead: number): FilesProgress {
  return { files: Math.floor(bytesRead / 1e6), filesTotal: 100, bytesRead, bytesTotal: 100e6 };
}

test('without a terminal the first and the last state are told, with the speed of this run and the time left', () => {
  assert.deepEqual(show(false, 100), [
    ' 20%  20/100 files  0.0 MB/s  – left\n',
    '100%  100/100 files  10.0 MB/s  0 s left\n',
  ]);
});

test('a program gets one JSON value a second', () => {
  const values = show(true, 250).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(values.length, 9);
  assert.deepEqual(values[4], {
    event: 'progress',
    files: 60,
    filesTotal: 100,
    bytesRead: 60e6,
    bytesTotal: 100e6,
    bytesPerSecond: 10e6,
    secondsLeft: 4,
  });
});
