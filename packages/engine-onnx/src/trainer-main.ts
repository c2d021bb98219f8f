// SPDX-License-Identifier: Apache-2.0
import os from 'node:os';
import { serveTrainer } from './trainer-server.ts';

// Training gives way to everything that answers people.
os.setPriority(Math.max(10, os.getPriority()));
// A terminal sends Ctrl-C to the whole group; the node decides, by ending the input, so that files in the making are finished.
process.on('SIGINT', () => undefined);
// Standard output belongs to the protocol.
console.log = console.error;
// The node went away: end of input follows.
process.stdout.on('error', () => undefined);

await serveTrainer(process.stdin, (message) => process.stdout.write(`${JSON.stringify(message)}\n`));
