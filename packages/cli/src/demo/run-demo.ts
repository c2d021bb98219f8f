// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { KibanError, writeFileDurably } from '@kiban/core';
import { judgeQualityTable, parseQuestionSet, type Question, renderQualityTable } from '@kiban/evals';
import { initialiseNode, nodeConfigSchema } from '@kiban/node';
import type { ProgrammeState } from '@kiban/protocol';
import { generateSamples } from '@kiban/samples';
import type { CommandContext } from '../command-context.ts';
import { parseArgument } from '../parse-argument.ts';
import { askModel } from './ask-model.ts';
import { compareModels } from './compare-models.ts';
import { DemoCoalition, type MemberData } from './demo-coalition.ts';
import { defaultRounds, demoPlan } from './demo-plan.ts';
import { createDemoView, type DemoView } from './demo-view.ts';
import { RoleProcess } from './role-process.ts';
import { watchActivities, watchProgramme } from './watch-programme.ts';

export interface DemoSettings {
  readonly directory: string;
  /** Folder by member; undefined: the synthetic corpus. */
  readonly data: ReadonlyMap<string, string> | undefined;
  readonly publicFolder: string | undefined;
  readonly seed: string;
  readonly compare: boolean;
  readonly once: boolean;
  readonly fresh: boolean;
  readonly rounds: number | undefined;
  readonly hubPort: number;
  readonly nodePort: number;
}

/** The main job, as a script over the ordinary commands: three companies train, release and use one model. */
export async function runDemo(context: CommandContext, settings: DemoSettings): Promise<void> {
  const directory = resolve(settings.directory);
  if (settings.fresh) await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await requireSameSettings(directory, settings);
  const view = createDemoView(context);
  const interrupted = new AbortController();
  const onSignal = () => interrupted.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const { signal } = interrupted;
  let coalition: DemoCoalition | undefined;
  try {
    const { data, publicFolder, questions } = await gatherData(directory, settings, view);
    const resumed = existsSync(join(directory, 'hub', 'hub.yaml'));
    view.phase('starting', {
      ja: `ハブと ${data.size} 社のノードを${resumed ? '再開' : '起動'}する (それぞれ別のプロセス)`,
      en: `${resumed ? 'Resuming' : 'Starting'} one hub and ${data.size} nodes, each a process of its own`,
    });
    coalition = await DemoCoalition.start({
      directory,
      language: context.language,
      hubPort: settings.hubPort,
      nodePort: settings.nodePort,
      data,
    });
    for (const [name, process_] of [['hub', coalition.hub] as const, ...coalition.nodes])
      view.line({
        ja: `${name}: ${process_.client.origin} (pid ${process_.pid})`,
        en: `${name}: ${process_.client.origin} (pid ${process_.pid})`,
      });
    const rounds = settings.rounds ?? defaultRounds;
    const begun = await coalition.beginProgramme(
      demoPlan([...data.keys()], { seed: settings.seed, rounds }),
      publicFolder,
    );
    const state = begun.phase === 'released' ? begun : await watchProgramme(coalition, view, rounds, signal);
    await untilServed(coalition, state.release as string, signal);
    showScores(view, context, state);
    await askAcrossSectors(view, context, coalition, state.release as string, questions, signal);
    if (settings.compare)
      await compare(view, context, {
        directory,
        coalition,
        state,
        data,
        questions,
        signal,
        synthetic: settings.data === undefined,
      });
    showAddresses(view, context, coalition, state.release as string, directory);
    if (!settings.once) await untilAborted(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    view.settle();
    if (coalition !== undefined) {
      if (signal.aborted) view.line({ ja: '停止しています…', en: 'Stopping…' });
      await coalition.stop();
    }
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
}

/** A directory belongs to one corpus and one number of rounds; anything else would mix runs. */
async function requireSameSettings(directory: string, settings: DemoSettings): Promise<void> {
  const path = join(directory, 'demo.json');
  const wanted = {
    seed: settings.seed,
    rounds: settings.rounds ?? defaultRounds,
    data: settings.data === undefined ? null : [...settings.data],
  };
  if (!existsSync(path)) {
    await writeFileDurably(path, JSON.stringify(wanted));
    return;
  }
  if ((await readFile(path, 'utf8')) === JSON.stringify(wanted)) return;
  throw new KibanError({
    code: 'demo-settings-differ',
    status: 409,
    title: { ja: '前回と設定が異なります', en: 'The settings differ from last time' },
    detail: {
      ja: `${directory} には別の設定の実行が残っています。--fresh で始め直すか、--directory で別の場所を指定してください。`,
      en: `${directory} holds a run with other settings. Start afresh with --fresh, or name another place with --directory.`,
    },
  });
}

async function gatherData(directory: string, settings: DemoSettings, view: DemoView) {
  const samples = join(directory, 'samples');
  const needsSamples = settings.data === undefined || settings.publicFolder === undefined;
  if (needsSamples && !existsSync(join(samples, 'manifest.json'))) {
    view.phase('making-samples', {
      ja: '合成の三業種コーパスを作る (鉄鋼、自動車、銀行)',
      en: 'Making a synthetic three-sector corpus (steel, automotive, bank)',
    });
    await generateSamples(samples, settings.seed);
  }
  const publicFolder = resolve(settings.publicFolder ?? join(samples, 'public'));
  const data = new Map<string, readonly MemberData[]>();
  const questions = new Map<string, readonly Question[]>();
  if (settings.data !== undefined) {
    for (const [member, folder] of settings.data)
      data.set(member, [{ id: 'documents', folder: resolve(folder), weight: 1 }]);
    return { data, publicFolder, questions };
  }
  for (const sector of ['auto', 'bank', 'steel']) {
    data.set(sector, [
      { id: 'documents', folder: join(samples, sector, 'documents'), weight: 1 },
      { id: 'questions', folder: join(samples, sector, 'questions'), weight: 7 },
    ]);
    questions.set(sector, await readQuestions(join(samples, 'held-out', `${sector}.jsonl`)));
  }
  return { data, publicFolder, questions };
}

async function readQuestions(path: string): Promise<readonly Question[]> {
  return parseQuestionSet(await readFile(path, 'utf8'), path);
}

async function untilServed(coalition: DemoCoalition, release: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const statuses = await Promise.all(
      [...coalition.nodes.values()].map((node) => node.client.get<{ models: { id: string }[] }>('/status', signal)),
    );
    if (statuses.every((status) => status.models.some((model) => model.id === release))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function showScores(view: DemoView, context: CommandContext, state: ProgrammeState): void {
  const scores = state.scores.map((score) => ({
    member: score.organisation,
    start: Math.exp(score.startNats / score.tokens),
    base: Math.exp(score.baseNats / score.tokens),
    charactersPerToken:
      score.vocabulary === null
        ? null
        : {
            publicOnly: score.vocabulary.characters / score.vocabulary.publicTokens,
            agreed: score.vocabulary.characters / score.vocabulary.agreedTokens,
          },
  }));
  view.phase('results', { ja: '結果', en: 'Results' });
  view.block('scores', scores, [
    context.language === 'ja'
      ? '  検証文書のパープレキシティ (開始モデル → 共有基盤、小さいほどよい)'
      : '  Held-out perplexity (start model → shared base, lower is better)',
    ...scores.map(
      (score) => `    ${score.member.padEnd(8)} ${score.start.toFixed(1).padStart(9)} → ${score.base.toFixed(2)}`,
    ),
    context.language === 'ja'
      ? '  検証文書の 1 トークンあたりの文字数 (公開文書だけの語彙 → 合意した語彙、大きいほどよい)'
      : '  Held-out characters per token (vocabulary from public text alone → agreed one, higher is better)',
    ...scores.flatMap(({ member, charactersPerToken: found }) =>
      found === null
        ? []
        : [`    ${member.padEnd(8)} ${found.publicOnly.toFixed(2).padStart(9)} → ${found.agreed.toFixed(2)}`],
    ),
  ]);
}

/** One question of each sector, asked at a member of another sector. */
async function askAcrossSectors(
  view: DemoView,
  context: CommandContext,
  coalition: DemoCoalition,
  release: string,
  questions: ReadonlyMap<string, readonly Question[]>,
  signal: AbortSignal,
): Promise<void> {
  if (questions.size === 0) return;
  const members = [...coalition.nodes.keys()];
  const asked: { sector: string; askedAt: string; question: string; answer: string; expected: string }[] = [];
  for (const [sector, list] of questions) {
    const askedAt = members[(members.indexOf(sector) + 1) % members.length]!;
    const question = list[0]!;
    const answer = await askModel(coalition.nodes.get(askedAt)!.client.origin, release, question.question, signal);
    asked.push({ sector, askedAt, question: question.question, answer, expected: question.answer });
  }
  const ja = context.language === 'ja';
  view.block('cross-sector-questions', asked, [
    '',
    ja
      ? '  他社のノードに、その会社が一度も見ていない業種の質問をする'
      : '  One question per sector, asked at a company that never saw its documents',
    ...asked.flatMap((one) => [
      ja
        ? `    ${one.askedAt} に聞く (${one.sector} の知識): ${one.question}`
        : `    asked at ${one.askedAt} (knowledge of ${one.sector}): ${one.question}`,
      `      → ${one.answer}   (${ja ? '正解' : 'expected'}: ${one.expected})`,
    ]),
  ]);
}

async function compare(
  view: DemoView,
  context: CommandContext,
  parts: {
    readonly directory: string;
    readonly coalition: DemoCoalition;
    readonly state: ProgrammeState;
    readonly data: ReadonlyMap<string, readonly MemberData[]>;
    readonly questions: ReadonlyMap<string, readonly Question[]>;
    readonly signal: AbortSignal;
    readonly synthetic: boolean;
  },
): Promise<void> {
  const pooled = parts.synthetic ? await startPooledNode(parts.directory, parts.data, context) : undefined;
  const board = watchActivities(parts.coalition, view, parts.signal);
  try {
    const table = await compareModels({ ...parts, pooled, view });
    board.stop();
    view.settle();
    view.block('quality-table', { ...table, verdicts: judgeQualityTable(table) }, [
      '',
      ...renderQualityTable(table, context.language)
        .split('\n')
        .map((line) => `  ${line}`),
    ]);
  } finally {
    board.stop();
    await pooled?.stop();
  }
}

/** Not a member of anything: it holds all samples at once, which only synthetic data allow. */
async function startPooledNode(
  directory: string,
  data: ReadonlyMap<string, readonly MemberData[]>,
  context: CommandContext,
): Promise<RoleProcess> {
  const own = join(directory, 'pooled');
  await rm(own, { recursive: true, force: true });
  await initialiseNode(
    own,
    parseArgument(nodeConfigSchema, {
      organisation: 'pooled',
      displayName: 'pooled',
      listen: { port: 0 },
      training: { threadCount: 2 },
    }),
  );
  const node = await RoleProcess.start('node', own, 0, context.language);
  for (const [member, sets] of data)
    for (const one of sets)
      await node.client.post('/data-sets', {
        id: `${member}-${one.id}`,
        folder: one.folder,
        dataClass: 'public',
        basis: 'synthetic',
        purpose: 'comparison',
        weight: one.weight,
      });
  return node;
}

function showAddresses(
  view: DemoView,
  context: CommandContext,
  coalition: DemoCoalition,
  release: string,
  directory: string,
): void {
  const [first] = coalition.nodes.values();
  const ja = context.language === 'ja';
  const addresses = Object.fromEntries(
    [...coalition.nodes].map(([member, node]) => [member, `${node.client.origin}/v1`]),
  );
  view.block('addresses', { hub: coalition.hub.client.origin, nodes: addresses, release, directory }, [
    '',
    ja ? '  OpenAI 互換 API (base_url):' : '  OpenAI-compatible API (base_url):',
    ...Object.entries(addresses).map(([member, address]) => `    ${member.padEnd(8)} ${address}`),
    '',
    `    curl ${first!.client.origin}/v1/chat/completions -H 'content-type: application/json' \\`,
    `      -d '{"model":"${release}","temperature":0,"messages":[{"role":"user","content":"${ja ? '第一高炉の溶銑温度の下限は？' : '第一高炉の溶銑温度の下限は？'}"}]}'`,
    '',
    ja
      ? `  ファイル: ${join(directory, [...coalition.nodes.keys()][0]!, 'models', release)}`
      : `  Files: ${join(directory, [...coalition.nodes.keys()][0]!, 'models', release)}`,
    ja
      ? '  Ctrl-C で全部を停止します。もう一度実行すると続きから、--fresh なら最初から。'
      : '  Ctrl-C stops everything. Run it again to go on from here, with --fresh to start anew.',
  ]);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
