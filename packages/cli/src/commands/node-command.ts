// SPDX-License-Identifier: Apache-2.0
import { initialiseNode, nodeConfigSchema, startNode } from '@kiban/node';
import { Command } from 'commander';
import { connect } from '../administration-client.ts';
import type { CommandContext } from '../command-context.ts';
import { parseArgument } from '../parse-argument.ts';
import { runService } from './running-service.ts';

interface NodeStatus {
  readonly organisation: string;
  /** Of the key that signs requests and data cards. */
  readonly keyId: string;
  readonly coalition: { readonly coalition: string; readonly hubOrigin: string } | null;
  readonly dataSets: readonly { readonly id: string }[];
  readonly activity: { readonly kind: string; readonly done: number; readonly total: number };
  readonly models: readonly { readonly id: string }[];
}

export function nodeCommand(context: CommandContext): Command {
  const text = (ja: string, en: string) => (context.language === 'ja' ? ja : en);
  const directory = [
    '-d, --directory <DIR>',
    text('ノードのディレクトリ', 'directory of the node'),
    '.kiban/node',
  ] as const;
  const command = new Command('node').description(text('参加組織のノード', 'a member’s node'));

  command
    .command('init')
    .description(text('ノードのディレクトリと鍵を作る', 'make a node’s directory and keys'))
    .requiredOption('--organisation <ID>', text('組織の名前 (英小文字、数字、-)', 'organisation id (a-z, 0-9, -)'))
    .option('--display-name <NAME>', text('表示名', 'name to show'))
    .option(...directory)
    .option(
      '--port <PORT>',
      text('アプリケーション用のポート (0 は空き)', 'port for applications (0 takes a free one)'),
      '7401',
    )
    .option('--training-threads <N>', text('学習に使うスレッド', 'threads for training'), '1')
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban node init --organisation steel`)
    .action(
      async (options: {
        organisation: string;
        displayName?: string;
        directory: string;
        port: string;
        trainingThreads: string;
      }) => {
        const config = parseArgument(nodeConfigSchema, {
          organisation: options.organisation,
          displayName: options.displayName ?? options.organisation,
          listen: { port: Number(options.port) },
          training: { threadCount: Number(options.trainingThreads) },
        });
        await initialiseNode(options.directory, config);
        context.show({ initialised: options.directory }, () => [
          text(`${options.directory} にノードを作りました。`, `A node was made in ${options.directory}.`),
        ]);
      },
    );

  command
    .command('start')
    .description(text('ノードを動かす', 'run the node'))
    .option(...directory)
    .option('--port <PORT>', text('設定の代わりに使うポート', 'port instead of the configured one'))
    .option('--stop-with-input', text('標準入力が閉じたら停止する', 'stop when standard input closes'))
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban node start`)
    .action((options: { directory: string; port?: string; stopWithInput?: boolean }) =>
      runService(context, 'node', options, (logger) =>
        startNode(options.directory, logger, options.port === undefined ? {} : { port: Number(options.port) }),
      ),
    );

  command
    .command('join')
    .description(text('招待を使って連合に参加する', 'join a coalition with an invitation'))
    .requiredOption('--hub <URL>', text('ハブのアドレス', 'address of the hub'))
    .requiredOption('--invitation <CODE>', text('招待', 'invitation'))
    .option(...directory)
    .addHelpText(
      'after',
      `\n${text('例', 'Example')}:\n  kiban node join --hub http://127.0.0.1:7400 --invitation CODE`,
    )
    .action(async (options: { hub: string; invitation: string; directory: string }) => {
      const node = await connect(options.directory, context.language);
      const joined = await node.post<{ coalition: string }>('/join', {
        hub: options.hub,
        invitation: options.invitation,
      });
      context.show(joined, () => [
        text(`連合 ${joined.coalition} に参加しました。`, `Joined the coalition ${joined.coalition}.`),
      ]);
    });

  command
    .command('status')
    .description(text('いま何をしているかを見る', 'show what the node is doing'))
    .option(...directory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban node status --json`)
    .action(async (options: { directory: string }) => {
      const node = await connect(options.directory, context.language);
      const status = await node.get<NodeStatus>('/status');
      const { activity } = status;
      context.show(status, () => [
        `${text('組織', 'Organisation')}: ${status.organisation}  ${node.origin}/v1`,
        `${text('鍵', 'Key')}: ${status.keyId}`,
        `${text('連合', 'Coalition')}: ${status.coalition === null ? text('未参加', 'not joined') : `${status.coalition.coalition} (${status.coalition.hubOrigin})`}`,
        `${text('データセット', 'Data sets')}: ${status.dataSets.map((dataSet) => dataSet.id).join(', ') || text('なし', 'none')}`,
        `${text('いま', 'Now')}: ${activity.kind}${activity.total > 0 ? ` ${activity.done}/${activity.total}` : ''}`,
        `${text('モデル', 'Models')}: ${status.models.map((model) => model.id).join(', ') || text('なし', 'none')}`,
      ]);
    });
  return command;
}
