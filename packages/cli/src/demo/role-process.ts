// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { KibanError } from '@kiban/core';
import { type AdministrationClient, connect } from '../administration-client.ts';
import type { Language } from '../language.ts';

/** A hub or node in a process of its own, started by the same command that an operator would type. */
export class RoleProcess {
  readonly role: 'hub' | 'node';
  readonly directory: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #client: AdministrationClient | undefined;

  private constructor(role: 'hub' | 'node', directory: string, child: ChildProcess) {
    this.role = role;
    this.directory = directory;
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  /** @throws KibanError when it does not come up; the reason is that of its own message. */
  static async start(role: 'hub' | 'node', directory: string, port: number, language: Language): Promise<RoleProcess> {
    const log = join(directory, `${role}.log`);
    mkdirSync(dirname(log), { recursive: true });
    const output = openSync(log, 'a');
    const entry = fileURLToPath(new URL('../main.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        entry,
        role,
        'start',
        '--directory',
        directory,
        '--port',
        String(port),
        '--stop-with-input',
        '--lang',
        language,
      ],
      { stdio: ['pipe', output, output], detached: true },
    );
    closeSync(output);
    const process_ = new RoleProcess(role, directory, child);
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw notStarted(role, log);
      const client = await connect(directory, language).catch(() => undefined);
      if (client?.pid === child.pid) {
        process_.#client = client;
        return process_;
      }
      await delay(50);
    }
    await process_.stop();
    throw notStarted(role, log);
  }

  get client(): AdministrationClient {
    return this.#client as AdministrationClient;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    await this.#exited;
    clearTimeout(timer);
  }
}

function notStarted(role: string, log: string): KibanError {
  const tail = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-3).join('\n');
  return new KibanError({
    code: 'process-not-started',
    status: 503,
    title: { ja: `${role} を起動できません`, en: `The ${role} did not start` },
    detail: { ja: `${tail}\n詳しくは ${log} を見てください。`, en: `${tail}\nSee ${log}.` },
  });
}
