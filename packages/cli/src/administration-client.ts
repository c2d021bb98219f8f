// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KibanError } from '@kiban/core';
import { type AdministrationAddress, administrationAddressSchema, problemFrom } from '@kiban/protocol';
import type { Language } from './language.ts';

/** How a command reaches the running hub or node of a directory. */
export class AdministrationClient {
  readonly #address: AdministrationAddress;
  readonly #language: Language;

  constructor(address: AdministrationAddress, language: Language) {
    this.#address = address;
    this.#language = language;
  }

  get origin(): string {
    return this.#address.url;
  }

  get pid(): number {
    return this.#address.pid;
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await this.#call('GET', path, undefined, signal)) as T;
  }

  async post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    return (await this.#call('POST', path, { content: JSON.stringify(body), type: 'application/json' }, signal)) as T;
  }

  async put<T>(path: string, content: Uint8Array<ArrayBuffer>): Promise<T> {
    return (await this.#call('PUT', path, { content, type: 'application/octet-stream' })) as T;
  }

  async delete(path: string): Promise<void> {
    await this.#call('DELETE', path);
  }

  async #call(
    method: string,
    path: string,
    body?: { readonly content: string | Uint8Array<ArrayBuffer>; readonly type: string },
    signal?: AbortSignal,
  ): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`${this.#address.url}/admin/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#address.token}`,
          'accept-language': this.#language,
          ...(body === undefined ? {} : { 'content-type': body.type }),
        },
        ...(body === undefined ? {} : { body: body.content }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw notRunning(this.#address.url, error);
    }
    const text = await response.text();
    if (!response.ok) throw problemFrom(response.status, text);
    return text === '' ? undefined : JSON.parse(text);
  }
}

/** @throws KibanError `not-running` (503) when no process serves the directory. */
export async function connect(directory: string, language: Language): Promise<AdministrationClient> {
  let text: string;
  try {
    text = await readFile(join(directory, 'administration.json'), 'utf8');
  } catch (error) {
    throw notRunning(directory, error);
  }
  return new AdministrationClient(administrationAddressSchema.parse(JSON.parse(text)), language);
}

function notRunning(where: string, cause: unknown): KibanError {
  return new KibanError({
    code: 'not-running',
    status: 503,
    title: { ja: '動いていません', en: 'Not running' },
    detail: {
      ja: `${where} のプロセスが動いていません。kiban hub start または kiban node start で起動してください。`,
      en: `No process is running for ${where}. Start it with kiban hub start or kiban node start.`,
    },
    cause,
  });
}
