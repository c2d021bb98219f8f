// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads';
import type { ReadingLimits } from '../reading-limits.ts';
import { Refusal } from '../refusal.ts';
import type { PdfAnswer, PdfRequest } from './pdf-messages.ts';

const memoryCheckMs = 200;

/**
 * A thread in which PDFs are read, one at a time; started when the first is met. A step that takes too long or too much memory ends the thread, and the
 * next file gets a new one. Must be stopped.
 */
export class PdfThread {
  readonly #limits: ReadingLimits;
  #worker: Worker | undefined;

  constructor(limits: ReadingLimits) {
    this.#limits = limits;
  }

  /** Number of pages. @throws Refusal `encrypted`, `document-malformed`, `took-too-long`, `took-too-much-memory` */
  async open(bytes: Buffer): Promise<number> {
    const copy = new Uint8Array(bytes);
    const answer = await this.#ask({ kind: 'open', bytes: copy }, [copy.buffer]);
    if (answer.kind === 'refused') throw new Refusal(answer.reason);
    return answer.kind === 'opened' ? answer.pages : 0;
  }

  /** The text of a page, counted from 1; null when it cannot be read. @throws Refusal `took-too-long`, `took-too-much-memory` */
  async page(page: number): Promise<string | null> {
    const answer = await this.#ask({ kind: 'page', page });
    return answer.kind === 'page' ? answer.text : null;
  }

  async close(): Promise<void> {
    if (this.#worker === undefined) return;
    await this.#ask({ kind: 'close' }).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #ask(request: PdfRequest, transfer: ArrayBuffer[] = []): Promise<PdfAnswer> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const { maxPdfStepMs, maxPdfMemoryBytes } = this.#limits;
    const answer = Promise.withResolvers<PdfAnswer>();
    const timer = setTimeout(() => answer.reject(new Refusal('took-too-long')), maxPdfStepMs);
    const memoryTimer = setInterval(async () => {
      // It has none to give when the thread ends meanwhile.
      const now = await worker.getHeapStatistics().catch(() => undefined);
      const bytes = now === undefined ? 0 : now.external_memory + now.used_heap_size;
      if (bytes > maxPdfMemoryBytes) answer.reject(new Refusal('took-too-much-memory'));
    }, memoryCheckMs);
    const onError = (error: NodeJS.ErrnoException) => {
      answer.reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new Refusal('took-too-much-memory') : error);
    };
    const onExit = () => answer.reject(new Refusal('document-malformed'));
    worker.once('message', answer.resolve).once('error', onError).once('exit', onExit);
    try {
      worker.postMessage(request, transfer);
      return await answer.promise;
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      clearTimeout(timer);
      clearInterval(memoryTimer);
      worker.off('message', answer.resolve).off('error', onError).off('exit', onExit);
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./pdf-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(this.#limits.maxPdfMemoryBytes / (1 << 20)) },
      // pdf.js says on its console that it could draw better with a canvas.
      stdout: true,
      stderr: true,
    });
    worker.stdout.resume();
    worker.stderr.resume();
    // An error between two questions shows at the next one.
    worker.on('error', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}
