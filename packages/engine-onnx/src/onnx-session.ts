// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type Sha256Digest, writeFileDurably } from '@kiban/core';
import { writeSafetensors } from '@kiban/tensor';
import {
  createBatchOrder,
  type Evaluation,
  type EvaluationRequest,
  type FederatedSession,
  flatLayout,
  learningRateAt,
  type SequenceReference,
  type SovereignSession,
  type TokenSource,
  type TrainerSpec,
  type TrainingOutcome,
  type TrainingRequest,
} from '@kiban/training';
import { BatchReader } from './batch-reader.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts';
import { readWeights } from './read-weights.ts';
import { trainerProblem } from './trainer-problems.ts';
import { TrainingGraphs } from './training-graphs.ts';

/**
 * A training session in this process. A step blocks the thread as long as it runs, so the session lives in a trainer process of its own
 * (`trainer-main.ts`); between two steps the event loop turns, so that requests to stop are read.
 */
export async function openOnnxSession(spec: TrainerSpec): Promise<SovereignSession | FederatedSession> {
  const layout = flatLayout(spec.model);
  const graphs = await TrainingGraphs.open(spec);
  const { weights, firstMoments, secondMoments } = graphs;
  const anchor = new Float32Array(layout.length);
  const state = [weights.values, firstMoments.values, secondMoments.values, anchor] as const;
  let adamSteps = 0;
  let nextStep: number | null = null;
  let loaded = false;

  const session: SovereignSession = {
    kind: spec.kind,

    async load(path) {
      anchor.set(await readWeights(path, layout));
      weights.values.set(anchor);
      nextStep = null;
      loaded = true;
    },

    async run(request, options = {}) {
      requireLoaded();
      using reader = openReader(request.sources);
      const order = batchOrder(request, reader);
      let lossSum = 0;
      let tokens = 0;
      let done = 0;
      while (done < request.stepCount && options.signal?.aborted !== true) {
        const step = request.firstStep + done;
        const batch = reader.read(order(step).values())!;
        const { loss, gradientNorm } = await graphs.step(batch, learningRateAt(request.schedule, step), adamSteps + 1);
        if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw diverged(step);
        adamSteps += 1;
        done += 1;
        nextStep = step + 1;
        lossSum += loss;
        tokens += batch.weightSum;
        options.onProgress?.({ step: done, loss, gradientNorm, tokens });
        if (request.checkpoint !== undefined && done % request.checkpoint.everySteps === 0)
          await session.saveCheckpoint(request.checkpoint.path);
        await eventLoopTurn();
      }
      const outcome: TrainingOutcome = {
        stepsDone: done,
        meanLoss: done === 0 ? 0 : lossSum / done,
        tokens,
        aborted: done < request.stepCount,
      };
      return outcome;
    },

    async evaluate({ sources, maximumTokens }: EvaluationRequest): Promise<Evaluation> {
      requireLoaded();
      using reader = openReader(sources);
      const limit = maximumTokens ?? Number.POSITIVE_INFINITY;
      const used = sources.map(() => 0);
      const rows = allRows(reader, used);
      let nats = 0;
      let tokens = 0;
      while (tokens < limit) {
        const batch = reader.read(rows, (weightSum) => tokens + weightSum >= limit);
        if (batch === undefined) break;
        if (batch.weightSum > 0) nats += (await graphs.meanLoss(batch)) * batch.weightSum;
        tokens += batch.weightSum;
        await eventLoopTurn();
      }
      const textBytes = used.reduce((sum, count, source) => sum + count * reader.textBytesPerRow(source), 0);
      return { nats, tokens, textBytes: Math.round(textBytes) };
    },

    async exportWeights(path) {
      requireLoaded();
      await writeSafetensors(
        path,
        layout.tensors.map(({ name, shape, offset, length }) => ({
          name,
          dtype: 'F32' as const,
          shape,
          // A copy: files do not take views of shared memory.
          data: () => weights.values.slice(offset, offset + length),
        })),
      );
    },

    async saveCheckpoint(path) {
      requireLoaded();
      await writeCheckpoint(path, { layoutDigest: layout.digest, adamSteps, nextStep }, state);
    },

    async resumeCheckpoint(path) {
      ({ adamSteps, nextStep } = await readCheckpoint(path, layout.digest, state));
      loaded = true;
      return { nextStep, anchorDigest: digestOf(anchor) };
    },

    async resetMoments() {
      forgetMoments();
    },

    close: () => graphs.close(),
    [Symbol.asyncDispose]: () => graphs.close(),
  };
  if (spec.kind === 'sovereign') return session;
  const federated: FederatedSession = {
    ...session,
    async writeDelta(path) {
      requireLoaded();
      await writeFileDurably(path, deltaChunks(anchor, weights.values));
    },
  };
  return federated;

  function requireLoaded(): void {
    if (!loaded)
      throw trainerProblem('bad-config', { ja: '重みが読み込まれていません。', en: 'No weights are loaded.' });
  }

  function openReader(sources: readonly TokenSource[]): BatchReader {
    return new BatchReader(sources, { ...spec, vocabularySize: spec.model.vocabularySize });
  }

  function batchOrder(request: TrainingRequest, reader: BatchReader): (step: number) => SequenceReference[] {
    const counts = reader.sequenceCounts();
    const sources = request.sources.map(({ weight }, index) => ({ sequenceCount: counts[index]!, weight }));
    if (!sources.some(({ sequenceCount, weight }) => Math.round(sequenceCount * weight) > 0))
      throw trainerProblem('data-missing', {
        ja: `${request.sources.map(({ path }) => path).join(', ')} に学習できる系列がありません。`,
        en: `There is no sequence to train on in ${request.sources.map(({ path }) => path).join(', ')}.`,
      });
    return createBatchOrder({ sources, batchSize: spec.batchSize, seed: request.seed });
  }

  /** The step has already been written in place: nothing of it may live on. */
  function diverged(step: number) {
    loaded = false;
    forgetMoments();
    return trainerProblem('diverged', {
      ja: `ステップ ${step} で損失または勾配が有限でなくなりました。学習率を下げて、重みを読み込み直してください。`,
      en: `At step ${step} loss or gradient was not finite. Lower the learning rate and load the weights again.`,
    });
  }

  function forgetMoments(): void {
    firstMoments.values.fill(0);
    secondMoments.values.fill(0);
    adamSteps = 0;
  }
}

/** Row after row, source after source; counts what it gave. */
function* allRows(reader: BatchReader, used: number[]): Generator<SequenceReference> {
  for (const [source, count] of reader.sequenceCounts().entries()) {
    for (let sequence = 0; sequence < count; sequence += 1) {
      used[source]! += 1;
      yield { source, sequence };
    }
  }
}

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const chunkValues = 1 << 20;

function* deltaChunks(anchor: Float32Array, weights: Float32Array): Generator<Uint8Array> {
  for (let start = 0; start < anchor.length; start += chunkValues) {
    const part = anchor.slice(start, start + chunkValues);
    for (let index = 0; index < part.length; index += 1) part[index]! -= weights[start + index]!;
    yield new Uint8Array(part.buffer);
  }
}

function digestOf(values: Float32Array): Sha256Digest {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return createHash('sha256').update(bytes).digest('hex') as Sha256Digest;
}
