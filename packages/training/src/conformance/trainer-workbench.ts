// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '@kiban/core';
import { type TensorToWrite, writeSafetensors } from '@kiban/tensor';
import { initialWeights } from '../initial-weights.ts';
import { type ModelConfig, modelConfigSchema } from '../model-config.ts';
import { adamwSchema } from '../schedule.ts';
import { paddingToken } from '../token-shard.ts';
import type { TrainerSpec, TrainingRequest } from '../trainer-port.ts';

export const toyModel: ModelConfig = modelConfigSchema.parse({
  hiddenSize: 32,
  layerCount: 2,
  headCount: 4,
  keyValueHeadCount: 2,
  feedForwardSize: 64,
  vocabularySize: 64,
  contextLength: 16,
});

/** A folder of toy models and token shards for one run of the suite. */
export class TrainerWorkbench {
  readonly directory = mkdtempSync(join(tmpdir(), 'kiban-trainer-'));

  file(name: string): string {
    return join(this.directory, name);
  }

  spec<K extends TrainerSpec['kind']>(kind: K, changes: Partial<TrainerSpec> = {}): TrainerSpec & { readonly kind: K } {
    return {
      model: toyModel,
      adamw: adamwSchema.parse({}),
      batchSize: 4,
      sequenceLength: toyModel.contextLength,
      threadCount: 1,
      workDirectory: this.directory,
      ...changes,
      kind,
    };
  }

  request(path: string, changes: Partial<TrainingRequest> = {}): TrainingRequest {
    return {
      firstStep: 0,
      stepCount: 6,
      schedule: { peak: 1e-2, warmupSteps: 2, totalSteps: 100, finalFraction: 0.1 },
      seed: 'conformance',
      sources: [{ path, weight: 1 }],
      ...changes,
    };
  }

  /** Seeded weights of the toy model; `change` may replace, drop (undefined) or add tensors. */
  async weights(
    name: string,
    change: (tensors: TensorToWrite[]) => readonly TensorToWrite[] = (all) => all,
  ): Promise<string> {
    const path = this.file(`${name}.safetensors`);
    const tensors = [...initialWeights(toyModel, 'conformance')].map(({ tensor, data }) => ({
      name: tensor.name,
      dtype: 'F32' as const,
      shape: tensor.shape,
      data: () => data,
    }));
    await writeSafetensors(path, change(tensors));
    return path;
  }

  /** Rows of sequenceLength + 1 tokens; shorter ones are filled up with padding. */
  shard(name: string, rows: readonly (readonly number[])[], index: Readonly<Record<string, unknown>> = {}): string {
    const width = toyModel.contextLength + 1;
    const path = this.file(`${name}.bin`);
    const tokens = new Uint16Array(rows.length * width).fill(paddingToken);
    for (const [position, row] of rows.entries()) tokens.set(row, position * width);
    writeFileSync(path, tokens);
    const sidecar = {
      sequenceLength: toyModel.contextLength,
      count: rows.length,
      vocabularySize: toyModel.vocabularySize,
      tokenBytes: 2,
      textBytes: rows.length * 100,
      ...index,
    };
    writeFileSync(this.file(`${name}.idx.json`), JSON.stringify(sidecar));
    return path;
  }

  /** Counting in steps of 1 to 3 from a random start: a small model learns it in a few dozen steps. */
  countingRows(count: number, seed: string): number[][] {
    const random = new SeededRandom(seed);
    return Array.from({ length: count }, () => {
      const [start, stride] = [random.below(60), random.between(1, 3)];
      return Array.from(
        { length: toyModel.contextLength + 1 },
        (_, position) => 1 + ((start + position * stride) % 60),
      );
    });
  }

  countingShard(count = 40): string {
    return this.shard(`counting-${count}`, this.countingRows(count, 'counting'));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function digestOfFile(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
