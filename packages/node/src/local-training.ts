// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  chatTemplate,
  ggufTokenizer,
  heldOutShardName,
  prepareDataSet,
  tokenizerFromJson,
  trainingShardName,
} from '@kiban/corpus';
import { openSafetensors, writeLlamaGguf } from '@kiban/tensor';
import {
  adamwSchema,
  type Evaluation,
  modelConfigOf,
  type RunPlan,
  type TokenSource,
  type Trainer,
} from '@kiban/training';
import type { ActivityBoard } from './activity.ts';
import type { DataSets } from './data-sets.ts';
import type { ModelServing } from './model-serving.ts';
import { innerSchedule } from './programme-trainer.ts';

export interface LocalTrainingOptions {
  readonly dataSets: DataSets;
  readonly serving: ModelServing;
  readonly trainer: Trainer;
  readonly activity: ActivityBoard;
  /** `DIR/local`, private: the path of updates cannot read it. */
  readonly directory: string;
  readonly threadCount: number;
  readonly heldOutPerMille: number;
}

export interface LocalTrainingTask {
  /** Name under which the model is served here. */
  readonly model: string;
  /** The plan gives model, schedule, steps and seed; its participants and rounds play no part beyond that. */
  readonly plan: RunPlan;
  readonly tokenizerPath: string;
  readonly startPath: string;
  readonly dataSetIds: readonly string[];
  readonly steps: number;
  readonly batchSize: number;
  readonly signal: AbortSignal;
}

export interface LocalModel {
  readonly model: string;
  readonly weightsPath: string;
  readonly meanLoss: number;
  readonly tokens: number;
}

/**
 * Trains a model of this organisation alone from the start model: the control of every release ("would we have done as well without the
 * coalition?"). Sovereign sessions have no update, so nothing of it can be sent.
 */
export class LocalTraining {
  readonly #options: LocalTrainingOptions;

  constructor(options: LocalTrainingOptions) {
    this.#options = options;
  }

  async train(task: LocalTrainingTask): Promise<LocalModel> {
    const { trainer, activity, serving } = this.#options;
    const { plan } = task;
    const workDirectory = join(this.#options.directory, task.model);
    await rm(workDirectory, { recursive: true, force: true });
    await mkdir(workDirectory, { recursive: true });
    const { training } = await this.#data(task);
    await using session = await trainer.open({
      kind: 'sovereign',
      model: modelConfigOf(plan),
      adamw: adamwSchema.parse({}),
      batchSize: task.batchSize,
      sequenceLength: plan.model.contextLength,
      threadCount: this.#options.threadCount,
      workDirectory,
    });
    await session.load(task.startPath);
    const outcome = await session.run(
      {
        firstStep: 0,
        stepCount: task.steps,
        schedule: { ...innerSchedule(plan), totalSteps: Math.max(1, task.steps) },
        seed: `${plan.seed}/${plan.programme}`,
        sources: training,
      },
      {
        signal: task.signal,
        onProgress: ({ step, loss }) => activity.set('training-local', step, task.steps, 'steps', { loss }),
      },
    );
    task.signal.throwIfAborted();
    const weightsPath = join(workDirectory, 'model.safetensors');
    await session.exportWeights(weightsPath);
    const ggufPath = join(workDirectory, 'model.gguf');
    await using weights = await openSafetensors(weightsPath);
    const tokenizer = tokenizerFromJson(await readFile(task.tokenizerPath, 'utf8'));
    await writeLlamaGguf(ggufPath, {
      name: task.model,
      shape: modelConfigOf(plan),
      tokenizer: ggufTokenizer(tokenizer),
      chatTemplate,
      weights,
      matrixType: 'F16',
    });
    await serving.add(task.model, ggufPath, 'local');
    activity.idle();
    return { model: task.model, weightsPath, meanLoss: outcome.meanLoss, tokens: outcome.tokens };
  }

  /** Held-out loss of any model with this tokenizer on this node's documents. */
  async evaluate(
    task: Omit<LocalTrainingTask, 'model' | 'startPath' | 'steps'> & { readonly weightsPath: string },
  ): Promise<Evaluation> {
    const { heldOut } = await this.#data({ ...task, model: 'evaluation' });
    await using session = await this.#options.trainer.open({
      kind: 'sovereign',
      model: modelConfigOf(task.plan),
      adamw: adamwSchema.parse({}),
      batchSize: task.batchSize,
      sequenceLength: task.plan.model.contextLength,
      threadCount: this.#options.threadCount,
      workDirectory: this.#options.directory,
    });
    await session.load(task.weightsPath);
    return session.evaluate({ sources: heldOut });
  }

  async #data(task: Pick<LocalTrainingTask, 'model' | 'plan' | 'tokenizerPath' | 'dataSetIds' | 'signal'>) {
    const tokenizer = tokenizerFromJson(await readFile(task.tokenizerPath, 'utf8'));
    const training: TokenSource[] = [];
    const heldOut: TokenSource[] = [];
    for (const id of task.dataSetIds) {
      const dataSet = await this.#options.dataSets.get(id);
      const output = join(this.#options.directory, task.model, 'data', id);
      await prepareDataSet({
        folder: dataSet.folder,
        source: id,
        tokenizer,
        sequenceLength: task.plan.model.contextLength,
        heldOutPerMille: this.#options.heldOutPerMille,
        storeDirectory: this.#options.dataSets.storeDirectory(id),
        outputDirectory: output,
        signal: task.signal,
        onProgress: (progress) =>
          this.#options.activity.set('preparing-data', progress.bytesRead, progress.bytesTotal, 'bytes'),
      });
      training.push({ path: join(output, trainingShardName), weight: dataSet.weight });
      heldOut.push({ path: join(output, heldOutShardName), weight: 1 });
    }
    return { training, heldOut };
  }
}
