// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type OrganisationId, writeFileDurably } from '@kiban/core';
import {
  dataCardOf,
  type FilesReport,
  filesReport,
  keepFilesReport,
  type PrepareReport,
  prepareFiles,
  readReport,
  reportDigest,
  reportName,
  SegmentStore,
  writeReport,
} from '@kiban/corpus';
import type { SigningKey } from '@kiban/crypto';
import {
  type CardShare,
  dataCardDigest,
  type SignedDataCard,
  sharedPart,
  signDataCard,
  signedDataCardSchema,
  verifyDataCard,
} from '@kiban/protocol';
import type { EventLog } from '@kiban/store-sql';
import type { DataSet, DataSets } from './data-sets.ts';
import { problems } from './problems.ts';
import { readStatement, type SignedStatement, signStatement } from './steward-statement.ts';

export interface DataCardsOptions {
  readonly organisation: OrganisationId;
  /** The key under which the hub knows this organisation. */
  readonly key: SigningKey;
  readonly dataSets: DataSets;
  readonly clock: Clock;
  readonly events: EventLog;
}

type Report = FilesReport | PrepareReport;

const cardName = 'card.json';

/**
 * The signed card of each data set, made again whenever its report changes. It lies as `card.json` beside the report, which is written first: a
 * card that is missing after a crash, or of an older report, is made when it is next asked for.
 */
export class DataCards {
  readonly #options: DataCardsOptions;

  constructor(options: DataCardsOptions) {
    this.#options = options;
  }

  get keyId(): string {
    return this.#options.key.keyId;
  }

  /** @throws KibanError `not-prepared` (404), `not-found` */
  async report(id: string): Promise<Report> {
    await this.#options.dataSets.get(id);
    const report = await readReport(join(this.#folder(id), reportName));
    if (report === undefined) throw problems.notPrepared(id);
    return report;
  }

  /** @throws as {@link report} */
  async card(id: string): Promise<SignedDataCard> {
    return this.#cardIn(this.#folder(id), await this.#options.dataSets.get(id), await this.report(id));
  }

  /**
   * Prepares what is new in the folder, mostly nothing after `kiban data prepare` did it, and takes stock.
   * @throws as `prepareFiles`
   */
  async takeStock(
    id: string,
    signal: AbortSignal,
  ): Promise<{ readonly report: Report; readonly card: SignedDataCard }> {
    const dataSet = await this.#options.dataSets.get(id);
    const store = new SegmentStore(this.#folder(id));
    const prepared = await prepareFiles({ folder: dataSet.folder, source: id, store, signal });
    const report = await keepFilesReport(store.folder, filesReport(prepared));
    return { report, card: await this.#cardIn(store.folder, dataSet, report) };
  }

  /**
   * The card of a report that a programme made, kept in the programme's folder; when it is new, it is the data set's newest as well.
   * @param folder holds the shards and `report.json`
   */
  async ofProgramme(id: string, report: PrepareReport, folder: string): Promise<SignedDataCard> {
    const dataSet = await this.#options.dataSets.get(id);
    const known = await readCard(join(folder, cardName));
    if (known !== undefined && this.#isOf(known, dataSet, report)) return known;
    await mkdir(this.#folder(id), { recursive: true });
    await writeReport(this.#folder(id), report);
    const signed = await this.#cardIn(this.#folder(id), dataSet, report);
    await writeCard(join(folder, cardName), signed);
    return signed;
  }

  /** The steward's signature under the report as it is now. @throws as {@link report} */
  async sign(id: string, by: { readonly steward: string; readonly remark: string }): Promise<SignedStatement> {
    const { key, clock, events } = this.#options;
    const signed = await signStatement(this.#folder(id), await this.card(id), by, key, clock.nowMs());
    await events.record('report-signed', { dataSet: id, steward: by.steward, digest: signed.statement.reportDigest });
    return signed;
  }

  /** @returns the last signature, and whether it is of the report as it is now. @throws as {@link report} */
  async signature(id: string): Promise<{ readonly signed: SignedStatement | null; readonly current: boolean }> {
    const signed = (await readStatement(this.#folder(id), this.keyId)) ?? null;
    return { signed, current: signed?.statement.reportDigest === reportDigest(await this.report(id)) };
  }

  /** What may leave of a card, signed. */
  shared({ card }: SignedDataCard, share: Exclude<CardShare, 'nothing'>): SignedDataCard {
    return signDataCard(sharedPart(card, share), this.#options.key);
  }

  async #cardIn(folder: string, dataSet: DataSet, report: Report): Promise<SignedDataCard> {
    const path = join(folder, cardName);
    const known = await readCard(path);
    if (known !== undefined && this.#isOf(known, dataSet, report)) return known;
    const { organisation, key, clock, events } = this.#options;
    const { id, dataClass, basis, purpose } = dataSet;
    const card = dataCardOf({ organisation, dataSet: id, dataClass, basis, purpose }, report, clock.nowMs());
    const signed = signDataCard(card, key);
    await writeCard(path, signed);
    await events.record('data-card-made', { dataSet: id, digest: dataCardDigest(card) });
    return signed;
  }

  #isOf({ card, signature }: SignedDataCard, dataSet: DataSet, report: Report): boolean {
    return (
      signature.keyId === this.keyId &&
      card.dataSet === dataSet.id &&
      card.basis === dataSet.basis &&
      card.purpose === dataSet.purpose &&
      card.dataClass === dataSet.dataClass &&
      card.reportDigest === reportDigest(report)
    );
  }

  #folder(id: string): string {
    return this.#options.dataSets.storeDirectory(id);
  }
}

/** Undefined for what is missing, damaged or wrongly signed: it is made again. */
async function readCard(path: string): Promise<SignedDataCard | undefined> {
  try {
    const signed = signedDataCardSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    verifyDataCard(signed);
    return signed;
  } catch {
    return undefined;
  }
}

function writeCard(path: string, signed: SignedDataCard): Promise<void> {
  return writeFileDurably(path, `${JSON.stringify(signed, null, 2)}\n`, { mode: 0o600 });
}
