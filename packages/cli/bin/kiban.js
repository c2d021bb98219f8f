#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { runKiban } from '../src/run-kiban.ts';

await runKiban(process.argv);
