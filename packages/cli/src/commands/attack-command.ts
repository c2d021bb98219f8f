// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';
import { Command } from 'commander';
import * as z from 'zod';
import { attackRound } from '../attack/attack-round.ts';
import { gatherUpdates } from '../attack/gather-updates.ts';
import { renderAttack } from '../attack/render-attack.ts';
import type { CommandContext } from '../command-context.ts';
import { parseArgument } from '../parse-argument.ts';

/** Shows what an update in clear would give away, and what is left of it once it is masked. Reads a finished demo; sends nothing. */
export function attackCommand(context: CommandContext): Command {
  const text = (ja: string, en: string) => (context.language === 'ja' ? ja : en);
  return new Command('attack')
    .description(
      text(
        '終わったデモの本物の更新を攻撃し、マスクの前後でハブが何を読めるかを示す',
        'attack a real update of a finished demo: what a hub reads with and without masks',
      ),
    )
    .option('-d, --directory <DIR>', text('デモのディレクトリ', 'directory of the demo'), 'kiban-demo')
    .option(
      '--member <NAME>',
      text('攻撃される組織 (既定は最後の組織)', 'the organisation attacked (default: the last)'),
    )
    .option('--round <N>', text('ラウンド', 'round'), '1')
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban demo --once && kiban attack --member steel`)
    .action(async (options: { directory: string; member?: string; round: string }) => {
      const round = parseArgument(z.coerce.number().int().positive(), options.round);
      const updates = gatherUpdates(options.directory, round);
      const members = updates.updates.map(({ member }) => member);
      const member = options.member ?? members.at(-1)!;
      if (!members.includes(member)) throw unknownMember(member, members);
      const report = await attackRound(updates, member);
      context.show(report, () => renderAttack(report, context.language));
    });
}

function unknownMember(member: string, members: readonly string[]): KibanError {
  return new KibanError({
    code: 'member-unknown',
    status: 404,
    title: { ja: 'その組織はありません', en: 'There is no such organisation' },
    detail: {
      ja: `${member} は参加していません。参加しているのは ${members.join('、')} です。`,
      en: `${member} takes no part; ${members.join(', ')} do.`,
    },
  });
}
