// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { parseYaml } from '@kiban/core';
import {
  buildQualityTable,
  type HeldOutLoss,
  type QualityMeasurement,
  type QualityModel,
  type QualityTable,
  type Question,
  type SectorAccuracy,
  scoreQuestionSet,
} from '@kiban/evals';
import type { ProgrammeState } from '@kiban/protocol';
import { runPlanSchema } from '@kiban/training';
import { askModel } from './ask-model.ts';
import type { DemoCoalition, MemberData } from './demo-coalition.ts';
import type { DemoView } from './demo-view.ts';
import type { RoleProcess } from './role-process.ts';

export interface Comparison {
  readonly coalition: DemoCoalition;
  readonly state: ProgrammeState;
  readonly data: ReadonlyMap<string, readonly MemberData[]>;
  readonly questions: ReadonlyMap<string, readonly Question[]>;
  /** A node outside the coalition that holds every member's samples: only synthetic or public data may ever be pooled. */
  readonly pooled: RoleProcess | undefined;
  readonly view: DemoView;
  readonly signal: AbortSignal;
}

interface LocalModel {
  readonly weightsPath: string;
  readonly tokens: number;
  readonly seconds: number;
}

/** Trains the controls on equal tokens and scores everything by what the models generate. */
export async function compareModels(comparison: Comparison): Promise<QualityTable> {
  const { coalition, state, data, view, pooled, signal } = comparison;
  const members = [...coalition.nodes.keys()].sort();
  const plan = parseYaml(state.planText, runPlanSchema, 'plan');
  const [first] = coalition.nodes.values();
  const release = join(first!.directory, 'models', state.release as string);
  const startPath = blobPath(first!.directory, state.start!.model.digest);
  const tokenizerPath = join(release, 'tokenizer.json');
  const basePath = join(release, 'model.safetensors');
  const steps = plan.inner.steps * plan.rounds;
  const task = (member: string) => ({
    plan,
    tokenizerPath,
    dataSets: data.get(member)!.map((one) => one.id),
    batchSize: plan.inner.batchSize,
  });
  const train = async (node: RoleProcess, body: object): Promise<LocalModel> => {
    const startedAtMs = Date.now();
    const model = await node.client.post<Omit<LocalModel, 'seconds'>>('/local-models', body, signal);
    return { ...model, seconds: (Date.now() - startedAtMs) / 1000 };
  };

  view.phase('comparing', {
    ja: '比較: 各社単独と、全部まとめた学習 (同じトークン数)',
    en: 'For comparison: each company alone, and pooled (equal tokens)',
  });
  const alone = new Map(
    await Promise.all(
      members.map(async (member) => {
        const model = await train(coalition.nodes.get(member)!, {
          ...task(member),
          model: `alone-${member}`,
          startPath,
          steps,
        });
        return [member, model] as const;
      }),
    ),
  );
  await train(first!, { ...task(members[0]!), model: 'start', startPath, steps: 0 });
  const pooledModel =
    pooled === undefined
      ? undefined
      : await train(pooled, {
          plan,
          tokenizerPath,
          dataSets: [...data].flatMap(([member, sets]) => sets.map((one) => `${member}-${one.id}`)),
          batchSize: plan.inner.batchSize * members.length,
          model: 'pooled',
          startPath,
          steps,
        });

  view.phase('scoring', { ja: 'すべてのモデルに質問する', en: 'Asking every model the held-out questions' });
  const heldOut = async (weightsPath: string): Promise<Record<string, HeldOutLoss>> => {
    const losses: Record<string, HeldOutLoss> = {};
    for (const member of members)
      losses[member] = await coalition.nodes
        .get(member)!
        .client.post<HeldOutLoss>('/evaluations', { ...task(member), weightsPath }, signal);
    return losses;
  };
  const measure = async (
    model: QualityModel,
    node: RoleProcess,
    servedAs: string,
    weightsPath: string,
    trained: { readonly tokens: number; readonly seconds: number },
  ): Promise<QualityMeasurement> => ({
    model,
    heldOut: await heldOut(weightsPath),
    accuracy: await accuracyBySector(node, servedAs, comparison),
    seconds: trained.seconds,
    trainedTokens: trained.tokens,
  });
  const measurements = [await measure({ kind: 'start' }, first!, 'start', startPath, { tokens: 0, seconds: 0 })];
  for (const member of members) {
    const model = alone.get(member)!;
    measurements.push(
      await measure(
        { kind: 'alone', member },
        coalition.nodes.get(member)!,
        `alone-${member}`,
        model.weightsPath,
        model,
      ),
    );
  }
  const accepted = state.rounds.filter((round) => round.outcome === 'accepted');
  const shared = {
    tokens: accepted.reduce((sum, round) => sum + round.tokens, 0),
    seconds: state.rounds.reduce((sum, round) => sum + round.durationMs / 1000, 0),
  };
  measurements.push(await measure({ kind: 'base' }, first!, state.release as string, basePath, shared));
  if (pooled !== undefined && pooledModel !== undefined)
    measurements.push(await measure({ kind: 'pooled' }, pooled, 'pooled', pooledModel.weightsPath, pooledModel));
  return buildQualityTable(members, measurements);
}

/** Share of the held-out questions of each sector that a model answers, by what it generates. */
export async function accuracyBySector(
  node: RoleProcess,
  model: string,
  { questions, signal }: Pick<Comparison, 'questions' | 'signal'>,
): Promise<Record<string, SectorAccuracy>> {
  const accuracy: Record<string, SectorAccuracy> = {};
  for (const [sector, list] of questions) {
    const ask = (question: Question) => askModel(node.client.origin, model, question.question, signal);
    const { correct, total, standardError } = await scoreQuestionSet(list, ask, { concurrency: 2, signal });
    accuracy[sector] = { correct, total, standardError };
  }
  return accuracy;
}

function blobPath(nodeDirectory: string, digest: string): string {
  return join(nodeDirectory, 'blobs', digest.slice(0, 2), digest);
}
