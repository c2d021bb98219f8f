// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** Server-sent events (HTML Living Standard 9.2) with backpressure: `send` waits while the client does not read. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;

  /** Writes the head at once. After `signal` aborts, `send` throws its reason. */
  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
  }

  async send(data: object): Promise<void> {
    await this.#write(JSON.stringify(data));
  }

  /** The mark after which OpenAI's clients stop reading. */
  async done(): Promise<void> {
    await this.#write('[DONE]');
    this.#response.end();
  }

  /** A failure after the head was sent: an error event and the end, without the mark of a whole answer. */
  fail(body: object): void {
    if (!this.#response.writableEnded) this.#response.end(`data: ${JSON.stringify(body)}\n\n`);
  }

  async #write(data: string): Promise<void> {
    this.#signal.throwIfAborted();
    if (!this.#response.write(`data: ${data}\n\n`)) await once(this.#response, 'drain', { signal: this.#signal });
  }
}
