// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { ShardIndex } from '../packing/shard-index.ts';
import { createShardWriter, type ShardWriter } from '../packing/shard-writer.ts';
import { specialIds } from '../tokenizer/special-tokens.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { PreparedDocument } from './document.ts';
import type { HeldOutRegister } from './held-out-register.ts';
import type { SideReport } from './prepare-report.ts';

export const trainingShardName = 'training.bin';
export const heldOutShardName = 'heldout.bin';

export interface SidesOptions {
  readonly tokenizer: Tokenizer;
  readonly sequenceLength: number;
  readonly heldOutPerMille: number;
  readonly outputDirectory: string;
  readonly register: HeldOutRegister;
}

export interface SplitResult {
  readonly training: SideReport;
  readonly heldOut: SideReport;
  readonly shards: { readonly training: ShardIndex; readonly heldOut: ShardIndex };
}

/**
 * Training and held-out side of a data set. A document's place, 0 to 999, decides. When nothing falls on the held-out side, the document nearest
 * to it is taken, so that there is something to measure; a set of one single document is then on both sides.
 */
export class SplitSides {
  readonly #heldOutPerMille: number;
  readonly #register: HeldOutRegister;
  readonly #training: Side;
  readonly #heldOut: Side;
  /** While nothing is held out, the document nearest to that side waits here. */
  #nearest: { readonly document: PreparedDocument; readonly place: number } | undefined;
  #first: PreparedDocument | undefined;

  private constructor({ heldOutPerMille, register }: SidesOptions, training: Side, heldOut: Side) {
    this.#heldOutPerMille = heldOutPerMille;
    this.#register = register;
    this.#training = training;
    this.#heldOut = heldOut;
  }

  static async open(options: SidesOptions): Promise<SplitSides> {
    return new SplitSides(
      options,
      await Side.open(trainingShardName, options),
      await Side.open(heldOutShardName, options),
    );
  }

  get documents(): number {
    return this.#training.counts.documents + this.#heldOut.counts.documents;
  }

  get tokens(): number {
    return this.#training.counts.tokens + this.#heldOut.counts.tokens;
  }

  /** @param place 0 to 999; less for what is held out whatever the share */
  async add(document: PreparedDocument, place: number): Promise<void> {
    this.#first ??= document;
    if (place < this.#heldOutPerMille) return this.#holdOut(document);
    if (this.#heldOutPerMille === 0 || this.#heldOut.counts.documents > 0) return this.#training.add(document);
    if (this.#nearest !== undefined && this.#nearest.place <= place) return this.#training.add(document);
    const passed = this.#nearest;
    this.#nearest = { document, place };
    if (passed) await this.#training.add(passed.document);
  }

  async finish(): Promise<SplitResult> {
    const [training, heldOut] = [this.#training, this.#heldOut];
    if (this.#nearest !== undefined) {
      if (heldOut.counts.documents > 0) await training.add(this.#nearest.document);
      else await this.#holdOut(this.#nearest.document);
    }
    // One document alone: it is trained on, and measured for want of another.
    if (training.counts.documents === 0 && this.#heldOutPerMille < 1_000 && this.#first !== undefined)
      await training.add(this.#first);
    await this.#register.save();
    return {
      training: training.counts,
      heldOut: heldOut.counts,
      shards: { training: await training.writer.finish(), heldOut: await heldOut.writer.finish() },
    };
  }

  async #holdOut(document: PreparedDocument): Promise<void> {
    this.#register.add(document.digest);
    await this.#heldOut.add(document);
  }

  async discard(): Promise<void> {
    await this.#training.writer.discard();
    await this.#heldOut.writer.discard();
  }
}

class Side {
  readonly writer: ShardWriter;
  readonly #tokenizer: Tokenizer;
  readonly counts = { documents: 0, characters: 0, tokens: 0 };

  private constructor(writer: ShardWriter, tokenizer: Tokenizer) {
    this.writer = writer;
    this.#tokenizer = tokenizer;
  }

  static async open(name: string, { tokenizer, sequenceLength, outputDirectory }: SidesOptions): Promise<Side> {
    const writer = await createShardWriter({
      path: join(outputDirectory, name),
      sequenceLength,
      vocabularySize: tokenizer.vocabularySize,
      tokenizerDigest: tokenizer.digest,
    });
    return new Side(writer, tokenizer);
  }

  async add({ content, text, digest }: PreparedDocument): Promise<void> {
    const whole = content.kind === 'chat';
    const ids = whole
      ? this.#tokenizer.encodeChat(content.messages)
      : [specialIds.begin, ...this.#tokenizer.encode(text)];
    ids.push(specialIds.end);
    this.counts.documents += 1;
    this.counts.characters += text.length;
    this.counts.tokens += ids.length;
    await this.writer.add({ ids, textBytes: Buffer.byteLength(text), digest, whole });
  }
}
