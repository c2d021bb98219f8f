// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { dataSetIdSchema, KibanError } from '@kiban/core';
import {
  type FilesReport,
  filesReport,
  keepFilesReport,
  type PrepareReport,
  prepareFiles,
  readReport,
  reportName,
  reportSections,
  SegmentStore,
  sectionLines,
} from '@kiban/corpus';
import type { Command } from 'commander';
import * as z from 'zod';
import { connect } from '../administration-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { parseArgument } from '../parse-argument.ts';
import { createPrepareView } from '../prepare-progress.ts';

type Report = FilesReport | PrepareReport;

interface PrepareOptions {
  readonly workers?: string;
  readonly directory: string;
  readonly folder?: string;
  readonly store?: string;
}

interface ReportSignature {
  readonly signed: { readonly statement: { readonly steward: string; readonly signedAt: string } } | null;
  /** Of the report as it is now. */
  readonly current: boolean;
}

const samplesSchema = z.coerce.number().int().min(1).max(100);
const workersSchema = z.coerce.number().int().min(0).max(256).optional();

/** `kiban data prepare` and `kiban data report`. */
export function addPrepareCommands(command: Command, context: CommandContext): void {
  const text = (ja: string, en: string) => (context.language === 'ja' ? ja : en);
  const directory = [
    '-d, --directory <DIR>',
    text('ノードのディレクトリ', 'directory of the node'),
    '.kiban/node',
  ] as const;

  command
    .command('prepare')
    .description(
      text(
        '文書を読み、整え、保存する。止めても続きから再開し、複数のプロセスや機械で分担できる',
        'read, clean and store the documents; goes on where it was stopped, and shares the work with other processes and machines',
      ),
    )
    .argument('<NAME>')
    .option('--workers <N>', text('スレッドの数 (既定: プロセッサごとに一つ)', 'threads (default: one per processor)'))
    .option(...directory)
    .option('--folder <DIR>', text('ノードなしで: 文書のフォルダ', 'without a node: the folder with the documents'))
    .option('--store <DIR>', text('ノードなしで: 保存先', 'without a node: where prepared documents are kept'))
    .addHelpText(
      'after',
      `\n${text('例', 'Example')}:\n  kiban data prepare shift-logs --workers 8\n  kiban data prepare shift-logs --folder /data/shift-logs --store /mnt/node/corpus/shift-logs   # ${text('別の機械から', 'from another machine')}`,
    )
    .action(async (name: string, options: PrepareOptions) => {
      const id = parseArgument(dataSetIdSchema, name);
      const workerCount = parseArgument(workersSchema, options.workers);
      const report = await untilInterrupted(context, async (signal) => {
        const { folder, store, node } = await placesOf(id, options);
        const view = createPrepareView(context);
        try {
          const onProgress = view.update;
          const prepared = await prepareFiles({ folder, source: id, store, workerCount, onProgress, signal });
          if (node === undefined) return await keepFilesReport(store.folder, filesReport(prepared));
        } finally {
          view.settle();
        }
        // The node looks for itself, and signs.
        const stock = await node.post<{ report: Report }>(`/data-sets/${id}/stock`, {}, signal);
        return stock.report;
      });
      if (report !== undefined) show(report);
    });

  command
    .command('report')
    .description(
      text('準備で何が残り、何が除かれ、何が隠されたか', 'what the preparation kept, dropped and masked, and why'),
    )
    .argument('<NAME>')
    .option(...directory)
    .option(
      '--store <DIR>',
      text('ノードなしで: 準備した文書の場所', 'without a node: where prepared documents are kept'),
    )
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban data report shift-logs`)
    .action(async (name: string, options: { directory: string; store?: string }) => {
      const id = parseArgument(dataSetIdSchema, name);
      if (options.store === undefined) {
        const node = await connect(options.directory, context.language);
        const report = await node.get<Report>(`/data-sets/${id}/report`);
        show(report, await node.get<ReportSignature>(`/data-sets/${id}/signature`));
        return;
      }
      const report = await readReport(join(resolve(options.store), reportName));
      if (report === undefined) throw notPreparedIn(options.store);
      show(report);
    });

  command
    .command('rejected')
    .description(
      text(
        '除いた文書の例を理由ごとに見る (この機械の中だけ)',
        'samples of the documents that were dropped, by reason (on this machine alone)',
      ),
    )
    .argument('<NAME>')
    .option('--samples <N>', text('理由ごとの数', 'per reason'), '3')
    .option(...directory)
    .option(
      '--store <DIR>',
      text('ノードなしで: 準備した文書の場所', 'without a node: where prepared documents are kept'),
    )
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban data rejected shift-logs --samples 10`)
    .action(async (name: string, options: { samples: string; directory: string; store?: string }) => {
      const id = parseArgument(dataSetIdSchema, name);
      const perReason = parseArgument(samplesSchema, options.samples);
      const store = options.store === undefined ? await storeOf(id, options.directory) : resolve(options.store);
      const samples = [...(await new SegmentStore(store).rejections(perReason))].sort();
      const shown = samples.map(([reason, list]) => ({
        reason,
        samples: list.map((sample) => ({ id: sample.id, text: sample.text.open() })),
      }));
      context.show({ rejected: shown }, () =>
        shown.length === 0
          ? [text('除いた文書はありません。', 'No document was dropped.')]
          : shown.flatMap(({ reason, samples: list }) => [
              reason,
              ...list.map((sample) => `  ${sample.id}  ${sample.text.replace(/\s+/g, ' ').slice(0, 160)}`),
            ]),
      );
    });

  async function storeOf(id: string, nodeDirectory: string): Promise<string> {
    const node = await connect(nodeDirectory, context.language);
    return resolve((await node.get<{ storeDirectory: string }>(`/data-sets/${id}`)).storeDirectory);
  }

  function show(report: Report, signature?: ReportSignature): void {
    context.show(signature === undefined ? report : { ...report, signature }, () => [
      ...sectionLines(reportSections(report), context.language),
      ...(signature === undefined ? [] : [signatureLine(signature)]),
    ]);
  }

  function signatureLine({ signed, current }: ReportSignature): string {
    if (signed === null) return text('署名: なし (kiban data sign-report)', 'signature: none (kiban data sign-report)');
    const { steward, signedAt } = signed.statement;
    return current
      ? text(`署名: ${steward} (${signedAt})`, `signed by ${steward} (${signedAt})`)
      : text(
          `署名: ${steward} (${signedAt})。その後、報告が変わった`,
          `signed by ${steward} (${signedAt}), but the report has changed since`,
        );
  }

  /** A running node is asked where things are; without one both places are named. */
  async function placesOf(id: string, options: PrepareOptions) {
    if (options.folder !== undefined && options.store !== undefined)
      return { folder: resolve(options.folder), store: new SegmentStore(resolve(options.store)), node: undefined };
    if (options.folder !== undefined || options.store !== undefined) throw bothNeeded();
    const node = await connect(options.directory, context.language);
    const place = await node.get<{ dataSet: { folder: string }; storeDirectory: string }>(`/data-sets/${id}`);
    return { folder: place.dataSet.folder, store: new SegmentStore(place.storeDirectory), node };
  }
}

/** Ctrl-C stops between two documents. @returns undefined then */
async function untilInterrupted<T>(
  context: CommandContext,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const interrupted = new AbortController();
  const stop = () => interrupted.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await work(interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    context.say({
      ja: '中断しました。同じコマンドで続きから再開します。',
      en: 'Stopped. The same command goes on from here.',
    });
    process.exitCode = exitCodes.interrupted;
    return undefined;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function bothNeeded(): KibanError {
  return new KibanError({
    code: 'argument-invalid',
    status: 422,
    title: { ja: '引数に誤りがあります', en: 'An argument is wrong' },
    detail: {
      ja: '--folder と --store は両方指定してください。どちらもなければ、動いているノードに尋ねます。',
      en: 'Give both --folder and --store; with neither, the running node is asked.',
    },
  });
}

function notPreparedIn(store: string): KibanError {
  return new KibanError({
    code: 'not-prepared',
    status: 404,
    title: { ja: 'まだ準備されていません', en: 'Not prepared yet' },
    detail: {
      ja: `${store} に報告がありません。kiban data prepare を最後まで実行してください。`,
      en: `There is no report in ${store}. Let kiban data prepare run to its end.`,
    },
  });
}
