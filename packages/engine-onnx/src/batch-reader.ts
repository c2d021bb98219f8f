// SPDX-License-Identifier: Apache-2.0
import {
  openTokenShard,
  paddingToken,
  type SequenceReference,
  type TokenShard,
  type TokenSource,
} from '@kiban/training';

export interface Batch {
  /** [N] inputs. */
  readonly ids: Int32Array;
  /** [N] targets, one step ahead. */
  readonly targets: Int32Array;
  /** [N] 1, or 0 where the target is padding. */
  readonly weight: Float32Array;
  readonly weightSum: number;
}

/** Fills fixed-size batches from token shards. */
export class BatchReader {
  readonly #shards: readonly TokenShard[];
  readonly #batchSize: number;
  readonly #sequenceLength: number;
  readonly #row: Int32Array;

  constructor(sources: readonly TokenSource[], batchSize: number, sequenceLength: number) {
    this.#shards = sources.map((source) => openTokenShard(source.path));
    const other = this.#shards.find((shard) => shard.index.sequenceLength !== sequenceLength);
    if (other !== undefined) {
      this.close();
      throw new RangeError(
        `a token shard holds sequences of ${other.index.sequenceLength} tokens; the model is trained on ${sequenceLength}`,
      );
    }
    this.#batchSize = batchSize;
    this.#sequenceLength = sequenceLength;
    this.#row = new Int32Array(sequenceLength + 1);
  }

  sequenceCounts(): number[] {
    return this.#shards.map((shard) => shard.index.count);
  }

  textBytes(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.index.textBytes, 0);
  }

  /** Fewer references than the batch size leave the rest at weight 0. */
  read(references: readonly SequenceReference[]): Batch {
    const length = this.#sequenceLength;
    const count = this.#batchSize * length;
    const ids = new Int32Array(count);
    const targets = new Int32Array(count);
    const weight = new Float32Array(count);
    let weightSum = 0;
    references.forEach((reference, index) => {
      this.#shards[reference.source]!.row(reference.sequence, this.#row);
      ids.set(this.#row.subarray(0, length), index * length);
      targets.set(this.#row.subarray(1), index * length);
      for (let position = 0; position < length; position += 1) {
        if (this.#row[position + 1] === paddingToken) continue;
        weight[index * length + position] = 1;
        weightSum += 1;
      }
    });
    return { ids, targets, weight, weightSum };
  }

  close(): void {
    for (const shard of this.#shards) shard.close();
  }
}
