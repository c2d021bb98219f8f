// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';
import { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { runDemo } from '../demo/run-demo.ts';

interface DemoOptions {
  readonly directory: string;
  readonly data?: readonly string[];
  readonly public?: string;
  readonly seed: string;
  readonly compare?: boolean;
  readonly once?: boolean;
  readonly fresh?: boolean;
  readonly rounds?: string;
  readonly hubPort: string;
  readonly nodePort: string;
}

export function demoCommand(context: CommandContext): Command {
  const text = (ja: string, en: string) => (context.language === 'ja' ? ja : en);
  return new Command('demo')
    .description(text('一台の機械で三社の連合を動かす', 'run a coalition of three companies on this machine'))
    .option('-d, --directory <DIR>', text('状態を置くディレクトリ', 'directory for all state'), 'kiban-demo')
    .option(
      '--data <MEMBER=FOLDER...>',
      text('自分の文書を使う (三社以上)', 'use your own documents (three members or more)'),
    )
    .option('--public <FOLDER>', text('公開コーパス (既定は合成)', 'public corpus (default: synthetic)'))
    .option('--seed <TEXT>', text('合成データの種', 'seed of the synthetic corpus'), '1')
    .option('--compare', text('単独学習、まとめて学習とも比べる', 'also train each member alone, and pooled'))
    .option('--once', text('結果を示したら終了する', 'end after showing the results'))
    .option('--fresh', text('前の状態を消して始める', 'forget earlier state and start afresh'))
    .option('--rounds <N>', text('ラウンド数', 'number of rounds'))
    .option('--hub-port <PORT>', text('ハブのポート (0 は空き)', 'port of the hub (0 takes a free one)'), '0')
    .option(
      '--node-port <PORT>',
      text('最初のノードのポート (0 は空き)', 'port of the first node (0 takes free ones)'),
      '0',
    )
    .addHelpText(
      'after',
      `\n${text('例', 'Examples')}:\n  kiban demo --once\n  kiban demo --data steel=./steel --data auto=./auto --data bank=./bank`,
    )
    .action(async (options: DemoOptions) => {
      await runDemo(context, {
        directory: options.directory,
        data: options.data === undefined ? undefined : parseData(options.data),
        publicFolder: options.public,
        seed: options.seed,
        compare: options.compare === true,
        once: options.once === true,
        fresh: options.fresh === true,
        rounds: options.rounds === undefined ? undefined : Number(options.rounds),
        hubPort: Number(options.hubPort),
        nodePort: Number(options.nodePort),
      });
    });
}

function parseData(entries: readonly string[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const entry of entries) {
    const [member, folder] = [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)];
    if (!entry.includes('=') || member === '' || folder === '' || map.has(member)) throw badData(entry);
    map.set(member, folder);
  }
  if (map.size < 3) throw badData([...map.keys()].join(', '));
  return map;
}

function badData(entry: string): KibanError {
  return new KibanError({
    code: 'argument-invalid',
    status: 422,
    title: { ja: '引数に誤りがあります', en: 'An argument is wrong' },
    detail: {
      ja: `--data は「組織=フォルダ」を三つ以上、組織ごとに一つ指定してください (${entry})。二社では、互いに引き算ができてしまいます。`,
      en: `Give --data MEMBER=FOLDER for three members or more, one each (${entry}). With two, each could subtract its own part.`,
    },
  });
}
