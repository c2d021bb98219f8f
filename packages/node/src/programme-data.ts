// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  heldOutShardName,
  isPacked,
  type PrepareReport,
  prepareDataSet,
  readReport,
  reportName,
  type Tokenizer,
  tokenizerFromJson,
  trainingShardName,
} from '@kiban/corpus';
import type { SignedDataCard } from '@kiban/protocol';
import type { EventLog } from '@kiban/store-sql';
import type { TokenSource } from '@kiban/training';
import type { ActivityBoard } from './activity.ts';
import type { DataCards } from './data-cards.ts';
import type { DataSet, DataSets } from './data-sets.ts';

export interface ProgrammeDataOptions {
  readonly programme: string;
  /** Those that the steward approved. */
  readonly dataSetIds: readonly string[];
  readonly tokenizerPath: string;
  readonly sequenceLength: number;
  readonly heldOutPerMille: number;
  /** `DIR/programmes/<id>/data`, private. */
  readonly directory: string;
  readonly dataSets: DataSets;
  readonly dataCards: DataCards;
  readonly events: EventLog;
  readonly activity: ActivityBoard;
  readonly signal: AbortSignal;
}

export interface ProgrammeData {
  readonly training: readonly TokenSource[];
  readonly heldOut: readonly TokenSource[];
  /** One for each data set, in full; what of it may leave the node is not decided here. */
  readonly cards: readonly SignedDataCard[];
}

/** Token shards of the approved data sets under the programme's tokenizer, and their cards; what a run before finished is used again. */
export async function prepareProgrammeData(options: ProgrammeDataOptions): Promise<ProgrammeData> {
  const tokenizer = tokenizerFromJson(await readFile(options.tokenizerPath, 'utf8'));
  const training: TokenSource[] = [];
  const heldOut: TokenSource[] = [];
  const cards: SignedDataCard[] = [];
  for (const id of options.dataSetIds) {
    const dataSet = await options.dataSets.get(id);
    const output = join(options.directory, id, tokenizer.digest.slice(0, 16));
    const known = await readReport(join(output, reportName));
    const report =
      known !== undefined && isPacked(known) ? known : await prepareOne(options, dataSet, tokenizer, output);
    cards.push(await options.dataCards.ofProgramme(id, report, output));
    training.push({ path: join(output, trainingShardName), weight: dataSet.weight });
    heldOut.push({ path: join(output, heldOutShardName), weight: 1 });
  }
  return { training, heldOut, cards };
}

async function prepareOne(
  options: ProgrammeDataOptions,
  { id, folder }: DataSet,
  tokenizer: Tokenizer,
  outputDirectory: string,
): Promise<PrepareReport> {
  const { sequenceLength, heldOutPerMille, dataSets, activity, events, programme, signal } = options;
  const report = await prepareDataSet({
    folder,
    source: id,
    tokenizer,
    sequenceLength,
    heldOutPerMille,
    storeDirectory: dataSets.storeDirectory(id),
    outputDirectory,
    signal,
    onProgress: (progress) => activity.set('preparing-data', progress.bytesRead, progress.bytesTotal, 'bytes'),
  });
  const { documents, tokens, duplicates, charactersPerToken } = report;
  const { refused, partlyKept } = report.files;
  const figures = { dataSet: id, documents, tokens, refused, partlyKept, duplicates, charactersPerToken };
  await events.record('data-set-prepared', figures, programme);
  return report;
}
