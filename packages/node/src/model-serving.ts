// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Logger, writeFileDurably } from '@kiban/core';
import { createLlamaEngine, type LlamaEngine } from '@kiban/engine-llama';
import type { GenerationRequest, InferenceEngine } from '@kiban/gateway';
import type { HubClient, Release } from '@kiban/protocol';
import type { BlobStore } from '@kiban/store-blob';
import type { EventLog } from '@kiban/store-sql';
import type { Kysely } from 'kysely';
import type { NodeSchema } from './schema.ts';

export interface ModelServingOptions {
  readonly database: Kysely<NodeSchema>;
  readonly blobs: BlobStore;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `DIR/models` */
  readonly directory: string;
  readonly threadCount: number;
}

/** `release`: of the coalition; `local`: trained here, never sent. */
export type ModelKind = 'release' | 'local';

/** Models that this node answers with: pulled releases and its own, kept in the database, loaded at start. */
export class ModelServing {
  readonly #options: ModelServingOptions;
  #engine: Promise<LlamaEngine> | undefined;
  #served: LlamaEngine | undefined;

  constructor(options: ModelServingOptions) {
    this.#options = options;
  }

  /** Behind the gateway before the native engine is loaded: it is loaded with the first model. */
  get inference(): InferenceEngine {
    return {
      listModels: () => this.#served?.listModels() ?? [],
      generate: (request: GenerationRequest) => this.#generate(request),
      close: () => this.close(),
    };
  }

  async start(): Promise<void> {
    const rows = await this.#options.database.selectFrom('model').selectAll().orderBy('added_at_ms').execute();
    for (const row of rows) {
      if (existsSync(row.path))
        await this.#load(row.id, row.path, row.kind as ModelKind).catch((error: unknown) =>
          this.#options.logger.error('model-not-loaded', error),
        );
      else this.#options.logger.warn('model-missing', { path: row.path });
    }
  }

  /** Fetches a release, every file checked against its digest, and serves it. Done once. @returns its folder */
  async pull(
    hub: HubClient,
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly release: Release; readonly folder: string }> {
    const { blobs, directory, events } = this.#options;
    const release = await hub.release(name, signal);
    const folder = join(directory, release.name);
    await mkdir(folder, { recursive: true });
    for (const file of release.files) {
      if (!blobs.has(file.digest)) await blobs.put(hub.blob(file.digest, signal), file.digest);
      if (!existsSync(join(folder, file.name)))
        await writeFileDurably(join(folder, file.name), blobs.read(file.digest));
    }
    await this.add(release.name, join(folder, 'model.gguf'), 'release');
    await events.record('release-served', { release: release.name }, release.programme);
    return { release, folder };
  }

  async add(id: string, path: string, kind: ModelKind): Promise<void> {
    await this.#load(id, path, kind);
    const row = { path, kind, added_at_ms: this.#options.clock.nowMs() };
    await this.#options.database
      .insertInto('model')
      .values({ id, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
  }

  async close(): Promise<void> {
    const engine = await this.#engine?.catch(() => undefined);
    this.#engine = undefined;
    this.#served = undefined;
    await engine?.close();
  }

  async *#generate(request: GenerationRequest) {
    const engine = this.#served ?? (await this.#open());
    yield* engine.generate(request);
  }

  async #load(id: string, path: string, kind: ModelKind): Promise<void> {
    const engine = await this.#open();
    if (engine.listModels().some((model) => model.id === id)) return;
    await engine.addModel({ id, ggufPath: path, ownedBy: kind === 'release' ? 'coalition' : 'local' });
  }

  async #open(): Promise<LlamaEngine> {
    const { threadCount, logger, clock } = this.#options;
    this.#engine ??= createLlamaEngine({ models: [], threadCount, logger, clock });
    this.#served = await this.#engine;
    return this.#served;
  }
}
