// SPDX-License-Identifier: Apache-2.0
import { test } from 'node:test';
import { checkCorruptedFiles } from '../src/reading/samples/corrupted-files.ts';

test('thousands of damaged files of every format are read without one exception, and accounted for', () =>
  checkCorruptedFiles(200));
