// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AdministrationAddress, administrationAddressSchema, problemFrom } from '@kiban/protocol';
import { type KillAt, killAtVariable } from './kill-at-write.ts';

export const kibanEntry = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));
const killAtWrite = fileURLToPath(new URL('kill-at-write.ts', import.meta.url));

/** A real hub or node process; it can be killed without warning and started again in the same directory. */
export class ServiceProcess {
  readonly role: 'hub' | 'node';
  readonly directory: string;
  #child: ChildProcess | undefined;
  #address: AdministrationAddress | undefined;

  constructor(role: 'hub' | 'node', directory: string) {
    this.role = role;
    this.directory = directory;
  }

  get origin(): string {
    return this.#address!.url;
  }

  get log(): string {
    const path = join(this.directory, `${this.role}.log`);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @param options.killAt the process is to kill itself there; then it may well die before it is up, and this throws */
  async start(options: { readonly killAt?: KillAt } = {}): Promise<void> {
    const output = openSync(join(this.directory, `${this.role}.log`), 'a');
    this.#child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        ...(options.killAt === undefined ? [] : ['--import', killAtWrite]),
        kibanEntry,
        this.role,
        'start',
        '--directory',
        this.directory,
        '--stop-with-input',
      ],
      {
        stdio: ['pipe', output, output],
        env:
          options.killAt === undefined
            ? process.env
            : { ...process.env, [killAtVariable]: JSON.stringify(options.killAt) },
      },
    );
    closeSync(output);
    const path = join(this.directory, 'administration.json');
    for (let tries = 0; tries < 1_200; tries += 1) {
      if (!this.running) throw new Error(`the ${this.role} did not start:\n${this.log.slice(-2_000)}`);
      if (existsSync(path)) {
        const address = administrationAddressSchema.safeParse(JSON.parse(readFileSync(path, 'utf8') || '{}'));
        if (address.success && address.data.pid === this.#child.pid) {
          this.#address = address.data;
          return;
        }
      }
      await delay(25);
    }
    throw new Error(`the ${this.role} did not come up in time`);
  }

  /** Resolves once the process is gone, however it ended. */
  async gone(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && this.running) await new Promise((resolve) => child.once('exit', resolve));
  }

  /** `kill -9`: no handler runs, nothing is flushed. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    child.kill('SIGKILL');
    await this.gone();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.stdin?.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await gone;
    clearTimeout(timer);
  }

  /** The administration API, as the commands use it. */
  async call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const raw = body instanceof Uint8Array;
    const response = await fetch(`${this.#address!.url}/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#address!.token}`,
        ...(body === undefined ? {} : { 'content-type': raw ? 'application/octet-stream' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: raw ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw problemFrom(response.status, text);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}
