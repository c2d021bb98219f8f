// SPDX-License-Identifier: Apache-2.0
import { defaultPolicy, detect, evaluate, readPolicyFile } from '@kiban/pii';
import { Command } from 'commander';
import * as z from 'zod';
import type { CommandContext } from '../command-context.ts';
import { parseArgument } from '../parse-argument.ts';
import { readTextInput } from '../pii/read-text-input.ts';
import { renderEvaluation } from '../pii/render-evaluation.ts';
import { renderFindings, showFindings } from '../pii/render-findings.ts';

/** Shows what the detector of personal data finds in a file, and how good it is. Sends nothing, writes nothing. */
export function piiCommand(context: CommandContext): Command {
  const text = (ja: string, en: string) => (context.language === 'ja' ? ja : en);
  const command = new Command('pii').description(text('個人データの検出', 'detection of personal data'));

  command
    .command('scan')
    .description(text('ファイルの個人データを、根拠とともに示す', 'show the personal data in a file, with reasons'))
    .argument('<FILE>', text('ファイル、または標準入力の -', 'a file, or - for standard input'))
    .option('--policy <FILE>', text('方針の YAML (既定は組み込み)', 'policy in YAML (default: built in)'))
    .option('--show-values', text('見つけた値も表示する', 'show the values too'), false)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban pii scan shift-log.txt --policy policy.yaml`)
    .action(async (path: string, options: { policy?: string; showValues: boolean }) => {
      const policy = options.policy === undefined ? defaultPolicy : await readPolicyFile(options.policy);
      const content = await readTextInput(path);
      const findings = showFindings(content, detect(content, policy), {
        policy,
        language: context.language,
        withValues: options.showValues,
      });
      context.show({ findings }, () => renderFindings(findings, policy, context.language));
    });

  command
    .command('evaluate')
    .description(
      text(
        '合成した正解付き試験文で再現率と適合率を測る (下限に満たなければ終了コード 1)',
        'measure recall and precision on the synthetic labelled set (exit status 1 below the limits)',
      ),
    )
    .option('--seed <TEXT>', text('試験文の種', 'seed of the set'), 'kiban-pii-1')
    .option('--per-variant <N>', text('種別と書き方ごとの件数', 'samples of each class and way of typing'), '60')
    .option('--decoys <N>', text('物の番号の個数', 'numbers of things'), '40000')
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban pii evaluate --per-variant 200`)
    .action((options: { seed: string; perVariant: string; decoys: string }) => {
      const report = evaluate({
        seed: options.seed,
        perVariant: parseArgument(z.coerce.number().int().min(1).max(10_000), options.perVariant),
        decoys: parseArgument(z.coerce.number().int().min(1).max(10_000_000), options.decoys),
      });
      context.show(report, () => renderEvaluation(report, context.language));
      // Not an error of the program, but what a build should stop at.
      if (report.missed.length > 0) process.exitCode = 1;
    });
  return command;
}
