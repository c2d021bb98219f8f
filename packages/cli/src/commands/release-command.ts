// SPDX-License-Identifier: Apache-2.0
import type { Release } from '@kiban/protocol';
import { Command } from 'commander';
import { connect } from '../administration-client.ts';
import type { CommandContext } from '../command-context.ts';

export function releaseCommand(context: CommandContext): Command {
  const text = (ja: string, en: string) => (context.language === 'ja' ? ja : en);
  const directory = [
    '-d, --directory <DIR>',
    text('ノードのディレクトリ', 'directory of the node'),
    '.kiban/node',
  ] as const;
  const command = new Command('release').description(text('公開されたモデル', 'published models'));
  const line = (release: Release) =>
    `${release.name}  ${release.programme}  ${new Date(release.createdAtMs).toISOString()}  ${release.licence}`;

  command
    .command('list')
    .description(text('リリースの一覧', 'list releases'))
    .option(...directory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban release list`)
    .action(async (options: { directory: string }) => {
      const node = await connect(options.directory, context.language);
      const { releases } = await node.get<{ releases: Release[] }>('/releases');
      context.show({ releases }, () =>
        releases.length === 0 ? [text('リリースはありません。', 'There are no releases.')] : releases.map(line),
      );
    });

  command
    .command('show')
    .description(text('ファイルとダイジェストを見る', 'show files and digests'))
    .argument('<NAME>')
    .option(...directory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban release show base-1`)
    .action(async (name: string, options: { directory: string }) => {
      const node = await connect(options.directory, context.language);
      const release = await node.get<Release>(`/releases/${encodeURIComponent(name)}`);
      context.show(release, () => [
        line(release),
        ...release.files.map(
          (file) => `  ${file.name}  ${file.byteLength.toLocaleString('en')} B  sha256:${file.digest}`,
        ),
      ]);
    });

  command
    .command('pull')
    .description(text('リリースを取得し、確かめ、提供する', 'fetch a release, check it and serve it'))
    .argument('<NAME>')
    .option(...directory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban release pull base-1`)
    .action(async (name: string, options: { directory: string }) => {
      const node = await connect(options.directory, context.language);
      const pulled = await node.post<{ folder: string }>(`/releases/${encodeURIComponent(name)}/pull`, {});
      context.show(pulled, () => [
        text(`${pulled.folder} に取得し、提供を始めました。`, `Fetched into ${pulled.folder} and serving it.`),
        `  curl ${node.origin}/v1/models`,
      ]);
    });
  return command;
}
