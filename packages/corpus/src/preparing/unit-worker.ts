// SPDX-License-Identifier: Apache-2.0
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { isKibanError, type KibanError, Sealed } from '@kiban/core';
import { DocumentPreparer } from './document-preparer.ts';
import type { PipelineSettings } from './pipeline-settings.ts';
import { prepareUnit, type UnitTask } from './prepare-unit.ts';

export interface UnitWorkerData {
  readonly settings: PipelineSettings;
  /** A sealed one does not get between threads. */
  readonly surrogateKey: Uint8Array;
  /** One number, not zero when the work is to stop. */
  readonly stop: SharedArrayBuffer;
}

export type UnitWorkerMessage =
  | { readonly bytes: number }
  | { readonly done: true }
  /** A KibanError does not survive the way between threads as one. */
  | { readonly fault: unknown; readonly problem: ConstructorParameters<typeof KibanError>[0] | undefined };

if (!isMainThread && parentPort !== null && (workerData as UnitWorkerData | undefined)?.stop !== undefined) {
  const port = parentPort;
  const { settings, surrogateKey, stop } = workerData as UnitWorkerData;
  const preparer = new DocumentPreparer(settings, new Sealed(surrogateKey));
  const stopped = new Int32Array(stop);
  port.on('message', (task: UnitTask) => {
    const onBytes = (bytes: number) => {
      if (Atomics.load(stopped, 0) !== 0) throw new Error('stopped');
      if (bytes > 0) port.postMessage({ bytes } satisfies UnitWorkerMessage);
    };
    prepareUnit(task, preparer, onBytes).then(
      () => port.postMessage({ done: true } satisfies UnitWorkerMessage),
      (error: unknown) => {
        const problem = isKibanError(error)
          ? {
              code: error.code,
              status: error.status,
              title: error.title,
              detail: error.detail,
              retryable: error.retryable,
            }
          : undefined;
        port.postMessage({ fault: problem === undefined ? error : undefined, problem });
      },
    );
  });
}
