// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clock, type DataSetId, dataSetIdSchema } from '@kiban/core';
import { type FileOutcome, listFolder, preparationSchema, readFolder, writePreparation } from '@kiban/corpus';
import { dataClassSchema } from '@kiban/protocol';
import type { EventLog } from '@kiban/store-sql';
import type { Kysely, Selectable } from 'kysely';
import * as z from 'zod';
import { problems } from './problems.ts';
import type { NodeSchema } from './schema.ts';

export const newDataSetSchema = z.strictObject({
  id: dataSetIdSchema,
  folder: z.string().min(1),
  dataClass: dataClassSchema.default('confidential'),
  /** Licence, or the legal basis on which the organisation may train on it. */
  basis: z.string().min(1).max(200),
  purpose: z.string().min(1).max(500),
  /** How often each sequence is seen per epoch, against the other data sets. */
  weight: z.number().positive().max(100).default(1),
  /** How its documents are prepared; kept in the store, where every process that prepares them reads it. */
  preparation: preparationSchema.prefault({}),
});
export type NewDataSet = z.output<typeof newDataSetSchema>;

export type DataSet = Omit<NewDataSet, 'preparation'> & { readonly addedAtMs: number };

export interface DataSetInspection {
  readonly dataSet: DataSet;
  readonly files: number;
  readonly bytes: number;
  readonly records: number;
  readonly characters: number;
  readonly kept: number;
  readonly partlyKept: number;
  readonly refused: number;
  /** The first files with something to tell. */
  readonly problems: readonly FileOutcome[];
}

/** Which folders this organisation may train on, and on what terms. Only names and terms are stored. */
export class DataSets {
  readonly #database: Kysely<NodeSchema>;
  readonly #clock: Clock;
  readonly #events: EventLog;
  readonly #directory: string;

  /** @param directory `DIR/corpus`, private: prepared documents of each data set */
  constructor(database: Kysely<NodeSchema>, clock: Clock, events: EventLog, directory: string) {
    this.#database = database;
    this.#clock = clock;
    this.#events = events;
    this.#directory = directory;
  }

  /** Where the prepared documents of a data set are kept between programmes. */
  storeDirectory(id: string): string {
    return join(this.#directory, id);
  }

  /** @throws KibanError `folder-not-found`, `folder-empty`, `data-set-exists`, `config-invalid` for a policy */
  async add({ preparation, ...dataSet }: NewDataSet): Promise<DataSet> {
    const folder = resolve(dataSet.folder);
    await listFolder(folder);
    const known = await this.#database.selectFrom('data_set').select('id').where('id', '=', dataSet.id).execute();
    if (known.length > 0) throw problems.dataSetExists(dataSet.id);
    await writePreparation(this.storeDirectory(dataSet.id), preparation);
    const addedAtMs = this.#clock.nowMs();
    const inserted = await this.#database
      .insertInto('data_set')
      .values({
        id: dataSet.id,
        folder,
        data_class: dataSet.dataClass,
        basis: dataSet.basis,
        purpose: dataSet.purpose,
        weight: dataSet.weight,
        added_at_ms: addedAtMs,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n) throw problems.dataSetExists(dataSet.id);
    await this.#events.record('data-set-added', { dataSet: dataSet.id, dataClass: dataSet.dataClass });
    return { ...dataSet, folder, addedAtMs };
  }

  async list(): Promise<DataSet[]> {
    const rows = await this.#database.selectFrom('data_set').selectAll().orderBy('id').execute();
    return rows.map(dataSetOf);
  }

  async get(id: string): Promise<DataSet> {
    const row = await this.#database.selectFrom('data_set').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw problems.notFound(`data set ${id}`);
    return dataSetOf(row);
  }

  /** The registration goes, and every prepared copy of a document; the folder is never touched. */
  async remove(id: string, programmesInUse: ReadonlyMap<string, readonly string[]>): Promise<void> {
    await this.get(id);
    for (const [programme, dataSets] of programmesInUse)
      if (dataSets.includes(id)) throw problems.dataSetInUse(id, programme);
    await this.#database.deleteFrom('data_set').where('id', '=', id).execute();
    await rm(this.storeDirectory(id), { recursive: true, force: true });
    await this.#events.record('data-set-removed', { dataSet: id });
  }

  /** Reads the whole folder and tells what would be kept; writes nothing. */
  async inspect(id: string, signal?: AbortSignal): Promise<DataSetInspection> {
    const dataSet = await this.get(id);
    const { files, bytesTotal } = await listFolder(dataSet.folder);
    const counts = { records: 0, characters: 0, kept: 0, partlyKept: 0, refused: 0 };
    const list: FileOutcome[] = [];
    for await (const item of readFolder(dataSet.folder, { source: id, signal })) {
      if (item.kind !== 'file') continue;
      const { outcome } = item;
      counts.records += outcome.records;
      counts.characters += outcome.characters;
      if (outcome.status === 'kept') counts.kept += 1;
      else {
        if (outcome.status === 'refused') counts.refused += 1;
        else counts.partlyKept += 1;
        if (list.length < 100) list.push(outcome);
      }
    }
    return { dataSet, files: files.length, bytes: bytesTotal, ...counts, problems: list };
  }
}

function dataSetOf(row: Selectable<NodeSchema['data_set']>): DataSet {
  return {
    id: row.id as DataSetId,
    folder: row.folder,
    dataClass: row.data_class as DataSet['dataClass'],
    basis: row.basis,
    purpose: row.purpose,
    weight: row.weight,
    addedAtMs: row.added_at_ms,
  };
}
