// SPDX-License-Identifier: Apache-2.0
import { runKiban } from './run-kiban.ts';

await runKiban(process.argv);
