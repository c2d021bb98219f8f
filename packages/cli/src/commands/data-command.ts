// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readYamlFile } from '@kiban/core';
import { privateUseTableSchema, qualityProfileSchema } from '@kiban/corpus';
import { readPolicyFile } from '@kiban/pii';
import { Command } from 'commander';
import { connect } from '../administration-client.ts';
import type { CommandContext } from '../command-context.ts';
import { addCardCommands } from './data-card-commands.ts';
import { addPrepareCommands } from './data-prepare-commands.ts';

interface DataSetRow {
  readonly id: string;
  readonly folder: string;
  readonly dataClass: string;
  readonly basis: string;
  readonly purpose: string;
}

interface AddOptions {
  readonly class: string;
  readonly basis: string;
  readonly purpose: string;
  readonly weight: string;
  readonly kind: string;
  readonly encoding?: string;
  readonly privateUse?: string;
  readonly quality?: string;
  readonly piiPolicy?: string;
  readonly directory: string;
}

interface Inspection {
  readonly dataSet: DataSetRow;
  readonly files: number;
  readonly bytes: number;
  readonly records: number;
  readonly characters: number;
  readonly kept: number;
  readonly partlyKept: number;
  readonly refused: number;
  readonly problems: readonly {
    readonly path: string;
    readonly status: string;
    readonly reason: string | null;
    readonly detail: string | null;
    readonly faults: readonly {
      readonly reason: string;
      readonly offset: number;
      readonly line: number;
      readonly within?: string;
      readonly refusal?: string;
    }[];
  }[];
}

/** Checked here, where faults can name file and line. */
async function readPolicyText(path: string): Promise<string> {
  await readPolicyFile(path);
  return readFile(path, 'utf8');
}

export function dataCommand(context: CommandContext): Command {
  const text = (ja: string, en: string) => (context.language === 'ja' ? ja : en);
  const directory = [
    '-d, --directory <DIR>',
    text('ノードのディレクトリ', 'directory of the node'),
    '.kiban/node',
  ] as const;
  const command = new Command('data').description(text('このノードのデータセット', 'data sets of this node'));

  command
    .command('add')
    .description(text('フォルダをデータセットとして登録する', 'register a folder as a data set'))
    .argument('<NAME>')
    .argument('<FOLDER>')
    .option('--class <CLASS>', 'public | internal | confidential | restricted', 'confidential')
    .requiredOption('--basis <TEXT>', text('ライセンスまたは利用の根拠', 'licence or legal basis'))
    .requiredOption('--purpose <TEXT>', text('利用目的', 'purpose'))
    .option('--weight <N>', text('一巡で見る回数の重み', 'how often it is seen per epoch'), '1')
    .option(
      '--kind <KIND>',
      text(
        'auto | web | document | log | record: 品質の判定と重複の扱い',
        'auto | web | document | log | record: how quality and duplicates are judged',
      ),
      'auto',
    )
    .option(
      '--encoding <NAME>',
      text('判別できない旧文字コード (cp932, euc-jp など)', 'of legacy files that fit several (cp932, euc-jp, ...)'),
    )
    .option(
      '--private-use <FILE>',
      text('外字の対応表 (YAML または JSON)', 'table of company characters (YAML or JSON)'),
    )
    .option('--quality <FILE>', text('品質プロファイル (YAML)', 'quality profile (YAML)'))
    .option('--pii-policy <FILE>', text('個人データの方針 (YAML)', 'policy for personal data (YAML)'))
    .option(...directory)
    .addHelpText(
      'after',
      `\n${text('例', 'Example')}:\n  kiban data add shift-logs /data/shift-logs --basis "own records" --purpose "shared base"`,
    )
    .action(async (id: string, folder: string, options: AddOptions) => {
      const node = await connect(options.directory, context.language);
      const added = await node.post<DataSetRow>('/data-sets', {
        id,
        folder: resolve(folder),
        dataClass: options.class,
        basis: options.basis,
        purpose: options.purpose,
        weight: Number(options.weight),
        preparation: {
          kind: options.kind,
          ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
          ...(options.privateUse === undefined
            ? {}
            : { privateUse: await readYamlFile(options.privateUse, privateUseTableSchema) }),
          ...(options.quality === undefined
            ? {}
            : { quality: await readYamlFile(options.quality, qualityProfileSchema) }),
          ...(options.piiPolicy === undefined ? {} : { personalDataPolicy: await readPolicyText(options.piiPolicy) }),
        },
      });
      context.show(added, () => [
        text(`${added.id} を登録しました (${added.dataClass})。`, `Registered ${added.id} (${added.dataClass}).`),
      ]);
    });

  command
    .command('list')
    .description(text('データセットの一覧', 'list data sets'))
    .option(...directory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban data list`)
    .action(async (options: { directory: string }) => {
      const node = await connect(options.directory, context.language);
      const { dataSets } = await node.get<{ dataSets: DataSetRow[] }>('/data-sets');
      context.show({ dataSets }, () =>
        dataSets.length === 0
          ? [text('データセットはありません。', 'There are no data sets.')]
          : dataSets.map((one) => `${one.id}  ${one.dataClass}  ${one.folder}  (${one.basis}; ${one.purpose})`),
      );
    });

  command
    .command('remove')
    .description(text('登録を消す (フォルダはそのまま)', 'remove the registration (the folder is not touched)'))
    .argument('<NAME>')
    .option(...directory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban data remove shift-logs`)
    .action(async (id: string, options: { directory: string }) => {
      const node = await connect(options.directory, context.language);
      await node.delete(`/data-sets/${encodeURIComponent(id)}`);
      context.show({ removed: id }, () => [text(`${id} の登録を消しました。`, `Removed ${id}.`)]);
    });

  command
    .command('inspect')
    .description(
      text(
        'フォルダを読み、何が使えるかを見る (何も書かない)',
        'read the folder and tell what is usable (writes nothing)',
      ),
    )
    .argument('<NAME>')
    .option(...directory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban data inspect shift-logs`)
    .action(async (id: string, options: { directory: string }) => {
      const node = await connect(options.directory, context.language);
      const found = await node.get<Inspection>(`/data-sets/${encodeURIComponent(id)}/inspection`);
      context.show(found, () => [
        `${found.dataSet.id}: ${found.files} ${text('ファイル', 'files')}, ${found.bytes.toLocaleString('en')} B, ${found.records} ${text('件', 'records')}, ${found.characters.toLocaleString('en')} ${text('文字', 'characters')}`,
        `${text('全部使える', 'kept')} ${found.kept} · ${text('一部使える', 'partly kept')} ${found.partlyKept} · ${text('使えない', 'refused')} ${found.refused}`,
        ...found.problems.map((one) => {
          const fault = one.faults[0];
          const place =
            fault === undefined
              ? ''
              : ` (${[
                  fault.within,
                  fault.refusal === undefined ? fault.reason : `${fault.reason}: ${fault.refusal}`,
                  fault.line > 0 ? `${text('行', 'line')} ${fault.line}` : undefined,
                  `${text('バイト位置', 'byte')} ${fault.offset}`,
                ]
                  .filter((part) => part !== undefined)
                  .join(', ')})`;
          return `  ${one.path}: ${one.reason ?? one.status}${one.detail === null ? '' : ` ${one.detail}`}${place}`;
        }),
      ]);
    });
  addPrepareCommands(command, context);
  addCardCommands(command, context);
  return command;
}
