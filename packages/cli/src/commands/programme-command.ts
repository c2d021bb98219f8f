// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { KibanError, parseYaml } from '@kiban/core';
import { cardShareSchema, dataCardDigest, type ProgrammeState, type TokenRecord } from '@kiban/protocol';
import { runPlanSchema } from '@kiban/training';
import { Command } from 'commander';
import { connect } from '../administration-client.ts';
import type { CommandContext } from '../command-context.ts';
import { parseArgument } from '../parse-argument.ts';
import { bundlePublicCorpus } from '../public-corpus-bundle.ts';

export function programmeCommand(context: CommandContext): Command {
  const text = (ja: string, en: string) => (context.language === 'ja' ? ja : en);
  const hubDirectory = [
    '-d, --directory <DIR>',
    text('ハブのディレクトリ', 'directory of the hub'),
    '.kiban/hub',
  ] as const;
  const command = new Command('programme').description(text('学習プログラム', 'training programmes'));

  command
    .command('propose')
    .description(text('計画 (YAML) を提案する', 'propose a plan (YAML)'))
    .argument('<PLAN>', text('計画のファイル', 'file with the plan'))
    .requiredOption('--public <FOLDER>', text('全員が使える公開コーパスのフォルダ', 'folder with the public corpus'))
    .option(...hubDirectory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban programme propose plan.yaml --public ./public`)
    .action(async (planPath: string, options: { public: string; directory: string }) => {
      const planText = await readFile(planPath, 'utf8').catch((error: unknown) => {
        throw new KibanError({
          code: 'file-unreadable',
          status: 404,
          title: { ja: 'ファイルを読めません', en: 'The file cannot be read' },
          detail: { ja: `${planPath} を読めません。`, en: `${planPath} cannot be read.` },
          cause: error,
        });
      });
      parseYaml(planText, runPlanSchema, planPath);
      const hub = await connect(options.directory, context.language);
      const corpus = await hub.put<{ digest: string }>('/blobs', await bundlePublicCorpus(options.public));
      const state = await hub.post<ProgrammeState>('/programmes', { planText, publicCorpus: corpus.digest });
      context.show(state, () => [
        text(
          `プログラム ${state.programme} を提案しました。各参加組織の承認を待ちます。`,
          `Proposed ${state.programme}. It now needs every participant’s approval.`,
        ),
        `  kiban programme approve ${state.programme} --data-set NAME`,
      ]);
    });

  for (const decision of ['approve', 'refuse'] as const) {
    const deciding = command
      .command(decision)
      .description(
        decision === 'approve'
          ? text('自組織のデータセットを使うことを承認する', 'approve, with the data sets that may be used')
          : text('参加を断る', 'refuse to take part'),
      )
      .argument('<PROGRAMME>')
      .option('--data-set <NAME...>', text('使ってよいデータセット', 'data sets that may be used'))
      .option('--steward <NAME>', text('決めた人', 'who decides'), userInfo().username)
      .option('--reason <TEXT>', text('理由', 'reason'), '')
      .option('-d, --directory <DIR>', text('ノードのディレクトリ', 'directory of the node'), '.kiban/node')
      .addHelpText(
        'after',
        `\n${text('例', 'Example')}:\n  kiban programme ${decision} base-1${decision === 'approve' ? ' --data-set shift-logs' : ' --reason "purpose unclear"'}`,
      )
      .action(
        async (
          programme: string,
          options: { dataSet?: string[]; steward: string; reason: string; directory: string; shareCard?: string },
        ) => {
          const cardShare = parseArgument(cardShareSchema, options.shareCard ?? 'nothing');
          const node = await connect(options.directory, context.language);
          await node.post(`/programmes/${programme}/decision`, {
            decision,
            dataSets: options.dataSet ?? [],
            steward: options.steward,
            reason: options.reason,
            cardShare,
          });
          context.show({ programme, decision, cardShare }, () => [
            text(`${programme}: ${decision} を記録しました。`, `${programme}: ${decision} recorded.`),
          ]);
        },
      );
    if (decision === 'approve')
      deciding.option(
        '--share-card <PART>',
        text(
          'データカードのうちハブに渡す部分: nothing (既定)、summary (件数と条件)、full (構成と内訳も)',
          'what of the data cards the hub gets: nothing (default), summary (counts and terms), full (composition and reasons, too)',
        ),
      );
  }

  command
    .command('start')
    .description(text('全員が承認した計画を始める', 'start a plan that everyone approved'))
    .argument('<PROGRAMME>')
    .option(...hubDirectory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban programme start base-1`)
    .action(async (programme: string, options: { directory: string }) => {
      const hub = await connect(options.directory, context.language);
      await hub.post(`/programmes/${programme}/start`, {});
      context.show({ started: programme }, () => [text(`${programme} を始めました。`, `${programme} has started.`)]);
    });

  command
    .command('stop')
    .description(text('プログラムを止める', 'stop a programme'))
    .argument('<PROGRAMME>')
    .option('--reason <TEXT>', text('理由', 'reason'), 'stopped by the operator')
    .option(...hubDirectory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban programme stop base-1 --reason "wrong corpus"`)
    .action(async (programme: string, options: { reason: string; directory: string }) => {
      const hub = await connect(options.directory, context.language);
      await hub.post(`/programmes/${programme}/stop`, { reason: options.reason });
      context.show({ stopped: programme }, () => [text(`${programme} を止めました。`, `${programme} was stopped.`)]);
    });

  command
    .command('status')
    .description(text('承認とラウンドを見る', 'show approvals and rounds'))
    .argument('<PROGRAMME>')
    .option(...hubDirectory)
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban programme status base-1`)
    .action(async (programme: string, options: { directory: string }) => {
      const hub = await connect(options.directory, context.language);
      const state = await hub.get<ProgrammeState>(`/programmes/${programme}`);
      const figure = (value: number | null) => (value === null ? '–' : value.toFixed(3));
      context.show(state, () => [
        `${state.programme}: ${state.phase}${state.reason === '' ? '' : ` (${state.reason})`}`,
        ...state.decisions.map(
          (one) => `  ${one.organisation}: ${one.decision} ${one.dataSets.map((dataSet) => dataSet.id).join(', ')}`,
        ),
        ...state.dataCards.flatMap(({ card }) => {
          const { files, preparedDocuments, packed } = card.counts;
          const documents = packed?.documents ?? preparedDocuments;
          return [
            `  ${text('カード', 'card')} ${card.organisation}/${card.dataSet} (${card.details === null ? 'summary' : 'full'}): ${files.total} ${text('ファイル', 'files')}, ${documents} ${text('文書', 'documents')}, ${packed?.tokens ?? '–'} ${text('トークン', 'tokens')}`,
            `    SHA-256 ${dataCardDigest(card)}`,
          ];
        }),
        ...(state.agreedTokenizer === null
          ? []
          : [
              text(
                `  語彙: ${state.agreedTokenizer.rounds} ラウンドで ${state.agreedTokenizer.agreedMerges} 個の結合に合意、新しいトークン ${state.agreedTokenizer.newTokens} 個`,
                `  vocabulary: ${state.agreedTokenizer.agreedMerges} merges agreed in ${state.agreedTokenizer.rounds} rounds, ${state.agreedTokenizer.newTokens} new tokens`,
              ),
            ]),
        ...state.rounds.map(
          (round) =>
            `  ${text('ラウンド', 'round')} ${round.round}: ${round.outcome}${round.reason === '' ? '' : ` (${round.reason})`}, ${round.members.length} ${text('組織', 'members')}, ${figure(round.heldOutLossBefore)} → ${figure(round.heldOutLossAfter)}`,
        ),
      ]);
    });

  command
    .command('tokens')
    .description(
      text(
        '参加組織の文書から語彙に入ったトークンの一覧 (人が点検する)',
        'tokens that entered the vocabulary from the members’ documents, for people to review',
      ),
    )
    .argument('<PROGRAMME>')
    .option(
      '-d, --directory <DIR>',
      text('ハブまたはノードのディレクトリ', 'directory of the hub or of a node'),
      '.kiban/hub',
    )
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban programme tokens base-1 --directory .kiban/node`)
    .action(async (programme: string, options: { directory: string }) => {
      const service = await connect(options.directory, context.language);
      const record = await service.get<TokenRecord>(`/programmes/${programme}/tokens`);
      context.show(record, () => tokenLines(record, text));
    });
  return command;
}

function tokenLines(record: TokenRecord, text: (ja: string, en: string) => string): string[] {
  const refused = Object.entries(record.refused).map(([reason, count]) => `${reason} ${count}`);
  return [
    text(
      `公開コーパスだけでは現れないトークン ${record.tokens.length} 個 (支持は概数)`,
      `${record.tokens.length} tokens that public text alone would not give (support is rounded)`,
    ),
    ...record.tokens.map((token) =>
      text(
        `  ${String(token.id).padStart(6)}  ラウンド ${token.round}  ${token.members} 社  約 ${token.documents} 文書  ${shownToken(token)}`,
        `  ${String(token.id).padStart(6)}  round ${token.round}  ${token.members} members  about ${token.documents} documents  ${shownToken(token)}`,
      ),
    ),
    text(`結合されなかった組: ${refused.join('、') || 'なし'}`, `Pairs not merged: ${refused.join(', ') || 'none'}`),
  ];
}

/** Quoted, so that spaces show; bytes of a part of a character as they are. */
function shownToken(token: TokenRecord['tokens'][number]): string {
  return token.text === null ? `<${token.hex}>` : JSON.stringify(token.text);
}
