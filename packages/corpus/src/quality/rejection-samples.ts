// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { KibanError, Sealed, writeFileDurably } from '@kiban/core';
import * as z from 'zod';
import type { QualityReason } from './judge.ts';

/** A rejected text as the company's own engineer sees it; never part of a report or log. */
export interface RejectionSample {
  /** Id of the record. */
  readonly id: string;
  /** The beginning of the text. */
  readonly text: Sealed<string>;
}

export interface RejectionSampling {
  /** Samples kept per reason, 1 or more. */
  readonly perReason: number;
  /** Decides which ones: the same seed and the same rejected documents give the same samples. */
  readonly seed: string;
  /** Characters kept of each text; default 2,000. */
  readonly longestText?: number;
}

interface Held extends RejectionSample {
  readonly rank: string;
}

const fileSchema = z.strictObject({
  format: z.literal('kiban-rejection-samples'),
  version: z.literal(1),
  counts: z.record(z.string(), z.int().min(0)),
  samples: z.record(z.string(), z.array(z.strictObject({ id: z.string(), text: z.string() }))),
});

/**
 * Counts rejections by reason and keeps a uniform sample of each: the documents of the least HMAC-SHA256(seed, reason, id), so the choice does
 * not depend on the order of arrival, and tallies of several workers merge into that of one. Memory: `perReason` texts per reason.
 */
export class RejectionTally {
  readonly #options: RejectionSampling;
  readonly #counts = new Map<QualityReason, number>();
  readonly #held = new Map<QualityReason, Held[]>();

  constructor(options: RejectionSampling) {
    if (!Number.isInteger(options.perReason) || options.perReason < 1)
      throw new RangeError(`${options.perReason} samples per reason`);
    this.#options = options;
  }

  /** Documents by reason; one document counts under every reason it has. Carries no text. */
  get counts(): Readonly<Record<QualityReason, number>> {
    return Object.fromEntries([...this.#counts].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  add(id: string, reasons: readonly QualityReason[], text: Sealed<string>): void {
    for (const reason of reasons) {
      this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
      const rank = createHmac('sha256', this.#options.seed).update(`${reason}\n${id}`).digest('hex');
      const held = this.#held.get(reason);
      if (held?.length === this.#options.perReason && rank >= held.at(-1)!.rank) continue;
      const beginning = new Sealed(text.open().slice(0, this.#options.longestText ?? 2_000));
      this.#keep(reason, { id, rank, text: beginning });
    }
  }

  /** Takes over what another worker counted with the same options. */
  merge(other: RejectionTally): void {
    for (const [reason, count] of other.#counts) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
    for (const [reason, held] of other.#held) for (const sample of held) this.#keep(reason, sample);
  }

  samples(): ReadonlyMap<QualityReason, readonly RejectionSample[]> {
    return new Map([...this.#held].map(([reason, held]) => [reason, held.map(({ id, text }) => ({ id, text }))]));
  }

  /** Writes counts and samples for the local engineer, durably, readable by the owner of the file alone (mode 0600). @throws KibanError `disk-full` */
  async write(path: string): Promise<void> {
    const samples = Object.fromEntries(
      [...this.#held].map(([reason, held]) => [reason, held.map(({ id, text }) => ({ id, text: text.open() }))]),
    );
    const file = { format: 'kiban-rejection-samples', version: 1, counts: this.counts, samples };
    await writeFileDurably(path, `${JSON.stringify(file, null, 1)}\n`, { mode: 0o600 });
  }

  #keep(reason: QualityReason, sample: Held): void {
    const held = this.#held.get(reason) ?? [];
    held.push(sample);
    held.sort((left, right) => (left.rank < right.rank ? -1 : left.rank > right.rank ? 1 : 0));
    held.length = Math.min(held.length, this.#options.perReason);
    this.#held.set(reason, held);
  }
}

export interface RejectionSamplesFile {
  readonly counts: Readonly<Record<QualityReason, number>>;
  readonly samples: ReadonlyMap<QualityReason, readonly RejectionSample[]>;
}

/** Reads what {@link RejectionTally.write} wrote. @throws KibanError `rejection-samples-invalid` (422); the file system's error when there is none */
export async function readRejectionSamples(path: string): Promise<RejectionSamplesFile> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const parsed = fileSchema.safeParse(value);
  // The cause would quote the texts.
  if (!parsed.success)
    throw new KibanError({
      code: 'rejection-samples-invalid',
      status: 422,
      title: { ja: '除外サンプルのファイルを読めません', en: 'The file of rejection samples cannot be read' },
      detail: {
        ja: `${path} は除外サンプルのファイルではないか、壊れています。データセットを準備し直してください。`,
        en: `${path} is damaged or no file of rejection samples. Prepare the data set again.`,
      },
    });
  const samples = Object.entries(parsed.data.samples).map(
    ([reason, list]) => [reason, list.map(({ id, text }) => ({ id, text: new Sealed(text) }))] as const,
  );
  return { counts: parsed.data.counts, samples: new Map(samples) };
}
