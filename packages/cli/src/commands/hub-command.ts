// SPDX-License-Identifier: Apache-2.0
import { organisationIdSchema } from '@kiban/core';
import { hubConfigSchema, initialiseHub, startHub } from '@kiban/hub';
import type { Invitation, Member, ProgrammeState, Release } from '@kiban/protocol';
import { Command } from 'commander';
import { connect } from '../administration-client.ts';
import type { CommandContext } from '../command-context.ts';
import { parseArgument } from '../parse-argument.ts';
import { runService } from './running-service.ts';

export function hubCommand(context: CommandContext): Command {
  const text = (ja: string, en: string) => (context.language === 'ja' ? ja : en);
  const directory = [
    '-d, --directory <DIR>',
    text('ハブのディレクトリ', 'directory of the hub'),
    '.kiban/hub',
  ] as const;
  const command = new Command('hub').description(text('連合のハブ', 'the coalition’s hub'));

  command
    .command('init')
    .description(text('ハブのディレクトリを作る', 'make a hub’s directory'))
    .requiredOption('--coalition <NAME>', text('連合の名前', 'name of the coalition'))
    .option(...directory)
    .option('--host <HOST>', text('待ち受けるアドレス', 'address to listen on'), '127.0.0.1')
    .option('--port <PORT>', text('待ち受けるポート (0 は空き)', 'port to listen on (0 takes a free one)'), '7400')
    .option('--public-origin <URL>', text('参加組織から見えるアドレス', 'address as members see it'))
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban hub init --coalition "Japan Industry Coalition"`)
    .action(
      async (options: { coalition: string; directory: string; host: string; port: string; publicOrigin?: string }) => {
        const config = parseArgument(hubConfigSchema, {
          coalition: options.coalition,
          listen: { host: options.host, port: Number(options.port) },
          ...(options.publicOrigin === undefined ? {} : { publicOrigin: options.publicOrigin }),
        });
        await initialiseHub(options.directory, config);
        context.show({ initialised: options.directory }, () => [
          text(`${options.directory} にハブを作りました。`, `A hub was made in ${options.directory}.`),
        ]);
      },
    );

  command
    .command('start')
    .description(text('ハブを動かす', 'run the hub'))
    .option(...directory)
    .option('--port <PORT>', text('設定の代わりに使うポート', 'port instead of the configured one'))
    .option('--stop-with-input', text('標準入力が閉じたら停止する', 'stop when standard input closes'))
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban hub start --directory .kiban/hub`)
    .action((options: { directory: string; port?: string; stopWithInput?: boolean }) =>
      runService(context, 'hub', options, (logger) =>
        startHub(options.directory, logger, options.port === undefined ? {} : { port: Number(options.port) }),
      ),
    );

  command
    .command('invite')
    .description(text('組織に一回限りの招待を出す', 'make a one-time invitation for an organisation'))
    .argument('<ORGANISATION>', text('組織の名前 (英小文字、数字、-)', 'organisation id (a-z, 0-9, -)'))
    .option(...directory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban hub invite steel`)
    .action(async (organisation: string, options: { directory: string }) => {
      const id = parseArgument(organisationIdSchema, organisation);
      const hub = await connect(options.directory, context.language);
      const invitation = await hub.post<Invitation>('/invitations', { organisation: id });
      context.show(invitation, () => [
        text('招待 (一回だけ使えます):', 'Invitation (can be used once):'),
        `  kiban node join --hub ${hub.origin} --invitation ${invitation.invitation}`,
      ]);
    });

  command
    .command('status')
    .description(text('参加組織、プログラム、リリースを見る', 'show members, programmes and releases'))
    .option(...directory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban hub status --json`)
    .action(async (options: { directory: string }) => {
      const hub = await connect(options.directory, context.language);
      const status = await hub.get<{
        coalition: string;
        members: Member[];
        programmes: ProgrammeState[];
        releases: Release[];
      }>('/status');
      context.show(status, () => [
        `${text('連合', 'Coalition')}: ${status.coalition}  ${hub.origin}`,
        `${text('参加組織', 'Members')}: ${status.members.map((member) => member.organisation).join(', ') || text('なし', 'none')}`,
        ...status.programmes.map(
          (programme) =>
            `${text('プログラム', 'Programme')}: ${programme.programme}  ${programme.phase}  ${text('ラウンド', 'rounds')} ${programme.rounds.length}`,
        ),
        `${text('リリース', 'Releases')}: ${status.releases.map((release) => release.name).join(', ') || text('なし', 'none')}`,
      ]);
    });
  return command;
}
