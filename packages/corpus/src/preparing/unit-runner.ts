// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads';
import { KibanError, type Sealed } from '@kiban/core';
import { DocumentPreparer } from './document-preparer.ts';
import type { PipelineSettings } from './pipeline-settings.ts';
import { prepareUnit, type UnitTask } from './prepare-unit.ts';
import type { UnitWorkerData, UnitWorkerMessage } from './unit-worker.ts';

/** Prepares one unit at a time. */
export interface UnitRunner {
  /** @param onBytes gets bytes of source as they are read; may throw to stop */
  run(task: UnitTask, onBytes: (bytes: number) => void): Promise<void>;
  close(): Promise<void>;
}

/** In the calling thread: for little data, where a thread takes longer to start than to work. */
export function inlineRunner(settings: PipelineSettings, surrogateKey: Sealed<Uint8Array>): UnitRunner {
  const preparer = new DocumentPreparer(settings, surrogateKey);
  return { run: (task, onBytes) => prepareUnit(task, preparer, onBytes), close: async () => undefined };
}

/** A thread of its own. */
export function threadRunner(settings: PipelineSettings, surrogateKey: Sealed<Uint8Array>): UnitRunner {
  const stop = new SharedArrayBuffer(4);
  const data: UnitWorkerData = { settings, surrogateKey: surrogateKey.open(), stop };
  const worker = new Worker(new URL('./unit-worker.ts', import.meta.url), { workerData: data, execArgv: [] });
  worker.unref();
  return {
    run: (task, onBytes) =>
      new Promise<void>((resolve, reject) => {
        let stopFault: unknown;
        const settle = (outcome: () => void) => {
          worker.off('message', heard).off('error', failed).off('exit', ended).unref();
          outcome();
        };
        const heard = (message: UnitWorkerMessage) => {
          if ('bytes' in message) {
            try {
              onBytes(message.bytes);
            } catch (error) {
              stopFault ??= error;
              Atomics.store(new Int32Array(stop), 0, 1);
            }
          } else if ('done' in message) settle(resolve);
          else settle(() => reject(stopFault ?? (message.problem ? new KibanError(message.problem) : message.fault)));
        };
        const failed = (error: unknown) => settle(() => reject(error));
        const ended = (code: number) => settle(() => reject(new Error(`a corpus thread ended with ${code}`)));
        worker.on('message', heard).once('error', failed).once('exit', ended).ref();
        worker.postMessage(task);
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}
