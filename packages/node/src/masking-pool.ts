// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads';
import type { Sealed, Sha256Digest } from '@kiban/core';
import { type AggregationPlan, longestShardBytes, type MaskStream, type ShardPlace } from '@kiban/secagg';
import { type KernelMemory, kernelMemory, scratchBytes } from '@kiban/tensor';
import { Lending } from './lending.ts';
import type { MaskingAnswer, MaskingRequest, MaskingWorkerData } from './masking-worker.ts';

export interface MaskingTask {
  readonly plan: AggregationPlan;
  readonly streams: Sealed<readonly MaskStream[]>;
  readonly levelsPath: string;
  readonly shard: ShardPlace;
}

/** A masked shard in a slot of the pool. Its bytes are the caller's until `release`, which is called once and only after the socket is done. */
export interface MaskedShard {
  readonly n: number;
  readonly bytes: Uint8Array;
  readonly sha256: Sha256Digest;
  release(): void;
}

/** Shards that may be on their way to the hub at the same time. */
export const shardsInFlight = 2;

/**
 * Long-lived threads that mask shards in one piece of shared memory: a slot per thread and one per shard in flight, so memory depends on
 * neither members nor model size. Threads start at the first use and never keep the process alive.
 */
export class MaskingPool {
  readonly slotCount: number;
  readonly #workerCount: number;
  readonly #slots: Lending<number>;
  readonly #seats: Lending<Seat>;
  readonly #seatList: readonly Seat[];
  #memory: KernelMemory | undefined;

  constructor(options: { readonly workerCount: number }) {
    this.#workerCount = options.workerCount;
    this.slotCount = options.workerCount + shardsInFlight;
    const firstSlot = options.workerCount * scratchBytes;
    this.#slots = new Lending(
      Array.from({ length: this.slotCount }, (_, index) => firstSlot + index * longestShardBytes),
    );
    this.#seatList = Array.from({ length: options.workerCount }, (_, index) => ({
      scratchOffset: index * scratchBytes,
      worker: undefined,
    }));
    this.#seats = new Lending(this.#seatList);
  }

  /** Starts the threads ahead of the first shard: they warm up while training ends. */
  start(): void {
    for (const seat of this.#seatList) this.#workerOf(seat);
  }

  /** Waits for a free slot and a free thread. Another call with the same task gives the same bytes. */
  async mask(task: MaskingTask): Promise<MaskedShard> {
    const { plan, streams, levelsPath, shard } = task;
    const slotOffset = await this.#slots.take();
    const seat = await this.#seats.take();
    try {
      const { wordOffset, wordCount, n } = shard;
      const request = { plan, streams: streams.open(), levelsPath, wordOffset, wordCount, slotOffset };
      const sha256 = await ask(this.#workerOf(seat), request);
      const bytes = new Uint8Array(this.#requireMemory().buffer, slotOffset, shard.length);
      return { n, bytes, sha256, release: () => this.#slots.giveBack(slotOffset) };
    } catch (error) {
      this.#slots.giveBack(slotOffset);
      throw error;
    } finally {
      this.#seats.giveBack(seat);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#seatList.map((seat) => seat.worker?.terminate()));
  }

  #requireMemory(): KernelMemory {
    this.#memory ??= kernelMemory(this.#workerCount * scratchBytes + this.slotCount * longestShardBytes);
    return this.#memory;
  }

  /** The seat's thread; a new one where the last one died. */
  #workerOf(seat: Seat): Worker {
    if (seat.worker !== undefined) return seat.worker;
    const data: MaskingWorkerData = { memory: this.#requireMemory(), scratchOffset: seat.scratchOffset };
    const worker = new Worker(new URL('./masking-worker.ts', import.meta.url), { workerData: data });
    worker.unref();
    const gone = () => {
      if (seat.worker === worker) seat.worker = undefined;
    };
    worker.once('error', gone);
    worker.once('exit', gone);
    seat.worker = worker;
    return worker;
  }
}

interface Seat {
  readonly scratchOffset: number;
  worker: Worker | undefined;
}

function ask(worker: Worker, request: MaskingRequest): Promise<Sha256Digest> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => {
      worker.off('message', answered).off('error', failed).off('exit', ended).unref();
      outcome();
    };
    const answered = (answer: MaskingAnswer) =>
      settle(() => ('sha256' in answer ? resolve(answer.sha256) : reject(answer.fault)));
    const failed = (error: unknown) => settle(() => reject(error));
    const ended = (code: number) => settle(() => reject(new Error(`a masking thread ended with ${code}`)));
    worker.once('message', answered).once('error', failed).once('exit', ended).ref();
    worker.postMessage(request);
  });
}
