// SPDX-License-Identifier: Apache-2.0
import {
  openTokenShard,
  paddingToken,
  type SequenceReference,
  type TokenShard,
  type TokenSource,
} from '@kiban/training';
import { trainerProblem } from './trainer-problems.ts';

export interface Batch {
  /** [N] inputs. */
  readonly ids: Int32Array;
  /** [N] targets, one step ahead. */
  readonly targets: Int32Array;
  /** [N] 1, or 0 where the target is padding. */
  readonly weight: Float32Array;
  readonly weightSum: number;
}

export interface BatchReaderShape {
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly vocabularySize: number;
}

/** Fills batches of one fixed size from token shards. */
export class BatchReader {
  readonly #shards: TokenShard[] = [];
  readonly #shape: BatchReaderShape;
  readonly #row: Int32Array;

  /** @throws KibanError `token-shard-invalid`, or `data-missing` when a shard was made for another model. */
  constructor(sources: readonly TokenSource[], shape: BatchReaderShape) {
    this.#shape = shape;
    this.#row = new Int32Array(shape.sequenceLength + 1);
    try {
      for (const { path } of sources) {
        const shard = openTokenShard(path);
        this.#shards.push(shard);
        const { sequenceLength, vocabularySize } = shard.index;
        if (sequenceLength !== shape.sequenceLength)
          throw unfit(path, sequenceLength, shape.sequenceLength, 'sequences');
        if (vocabularySize > shape.vocabularySize)
          throw unfit(path, vocabularySize, shape.vocabularySize, 'vocabulary');
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  sequenceCounts(): number[] {
    return this.#shards.map((shard) => shard.index.count);
  }

  /** UTF-8 bytes that an average row of a source stands for. */
  textBytesPerRow(source: number): number {
    const { textBytes, count } = this.#shards[source]!.index;
    return count === 0 ? 0 : textBytes / count;
  }

  /** Takes rows from the iterator until the batch is full or `enough` says so; rows not taken leave weight 0. Undefined: no row was left. */
  read(rows: Iterator<SequenceReference>, enough: (weightSum: number) => boolean = () => false): Batch | undefined {
    const { batchSize, sequenceLength: length } = this.#shape;
    const batch = {
      ids: new Int32Array(batchSize * length),
      targets: new Int32Array(batchSize * length),
      weight: new Float32Array(batchSize * length),
      weightSum: 0,
    };
    let taken = 0;
    while (taken < batchSize && !enough(batch.weightSum)) {
      const next = rows.next();
      if (next.done === true) break;
      this.#shards[next.value.source]!.row(next.value.sequence, this.#row);
      const start = taken * length;
      batch.ids.set(this.#row.subarray(0, length), start);
      batch.targets.set(this.#row.subarray(1), start);
      for (let position = 0; position < length; position += 1) {
        if (this.#row[position + 1] === paddingToken) continue;
        batch.weight[start + position] = 1;
        batch.weightSum += 1;
      }
      taken += 1;
    }
    return taken === 0 ? undefined : batch;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  close(): void {
    for (const shard of this.#shards) shard.close();
    this.#shards.length = 0;
  }
}

function unfit(path: string, found: number, expected: number, what: 'sequences' | 'vocabulary') {
  return trainerProblem(
    'data-missing',
    what === 'sequences'
      ? {
          ja: `${path} の系列は ${found} トークンですが、学習は ${expected} トークンで行われます。データセットを準備し直してください。`,
          en: `${path} holds sequences of ${found} tokens; training uses ${expected}. Prepare the data set again.`,
        }
      : {
          ja: `${path} の語彙は ${found} ですが、モデルの語彙は ${expected} です。このモデルのトークナイザーで準備し直してください。`,
          en: `${path} was made with a vocabulary of ${found}; the model has ${expected}. Prepare it again with the model's tokenizer.`,
        },
  );
}
