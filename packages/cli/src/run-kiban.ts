// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError } from 'commander';
import { createContext, reportError } from './command-context.ts';
import { attackCommand } from './commands/attack-command.ts';
import { dataCommand } from './commands/data-command.ts';
import { demoCommand } from './commands/demo-command.ts';
import { hubCommand } from './commands/hub-command.ts';
import { nodeCommand } from './commands/node-command.ts';
import { piiCommand } from './commands/pii-command.ts';
import { programmeCommand } from './commands/programme-command.ts';
import { releaseCommand } from './commands/release-command.ts';
import { exitCodes } from './exit-codes.ts';
import { chooseLanguage } from './language.ts';

/** The command line. Sets `process.exitCode`; never ends the process itself. */
export async function runKiban(argv: readonly string[]): Promise<void> {
  const language = chooseLanguage(argv, process.env);
  const context = createContext(language, argv.includes('--json'));
  const text = (ja: string, en: string) => (language === 'ja' ? ja : en);
  const program = new Command('kiban')
    .description(
      text(
        '一つの基盤モデルを、各社のデータを社外に出さずに、ともに学習する',
        'Train one foundation model together; every company’s data stays at home',
      ),
    )
    .option('--lang <ja|en>', text('表示の言語', 'language of messages'))
    .option('--json', text('機械が読む形式 (JSON) で出力する', 'machine-readable output (JSON)'))
    .exitOverride()
    .configureOutput({ outputError: (message, write) => write(message) });
  const commands = [
    hubCommand,
    nodeCommand,
    dataCommand,
    programmeCommand,
    releaseCommand,
    demoCommand,
    attackCommand,
    piiCommand,
  ].map((make) => make(context));
  for (const command of commands) program.addCommand(withGlobalOptions(command, text));
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
    else reportError(error, context);
  }
}

/** `--lang` and `--json` may stand anywhere on the line. */
function withGlobalOptions(command: Command, text: (ja: string, en: string) => string): Command {
  for (const child of command.commands) withGlobalOptions(child, text);
  return command
    .option('--lang <ja|en>', text('表示の言語', 'language of messages'))
    .option('--json', text('機械が読む形式 (JSON) で出力する', 'machine-readable output (JSON)'))
    .exitOverride();
}
