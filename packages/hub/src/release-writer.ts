// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@kiban/core';
import { chatTemplate, ggufTokenizer, tokenizerConfigJson, tokenizerFromJson } from '@kiban/corpus';
import type { ProgrammeState, Release, ReleaseFile } from '@kiban/protocol';
import type { BlobStore } from '@kiban/store-blob';
import type { EventLog } from '@kiban/store-sql';
import { openSafetensors, writeLlamaGguf } from '@kiban/tensor';
import { type ModelConfig, modelConfigOf, parameterCount, type RunPlan } from '@kiban/training';
import type { Kysely } from 'kysely';
import { modelCard } from './model-card.ts';
import { problems } from './problems.ts';
import type { HubSchema } from './schema.ts';

export interface ReleaseWriterOptions {
  readonly database: Kysely<HubSchema>;
  readonly blobs: BlobStore;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly workDirectory: string;
}

/** Makes a release of a finished programme: the files that transformers, vLLM and llama.cpp load, and a card. */
export class ReleaseWriter {
  readonly #options: ReleaseWriterOptions;

  constructor(options: ReleaseWriterOptions) {
    this.#options = options;
  }

  /** Idempotent: the release of a programme is made once. @returns its name. */
  async write(state: ProgrammeState, plan: RunPlan): Promise<string> {
    const { database, blobs, events, clock, workDirectory } = this.#options;
    const name = plan.release.name ?? plan.programme;
    const known = await database
      .selectFrom('release')
      .select('name')
      .where('programme', '=', plan.programme)
      .executeTakeFirst();
    if (known !== undefined) return known.name;
    const base = state.base;
    if (base === null || state.start === null) throw problems.notFound(`base of programme ${plan.programme}`);
    const folder = join(workDirectory, `release-${plan.programme}`);
    await mkdir(folder, { recursive: true });
    try {
      const config = modelConfigOf(plan);
      const tokenizerText = await readFile(blobs.filePath(state.start.tokenizer.digest), 'utf8');
      const tokenizer = tokenizerFromJson(tokenizerText);
      await using weights = await openSafetensors(blobs.filePath(base.digest));
      await writeLlamaGguf(join(folder, 'model.gguf'), {
        name,
        shape: config,
        tokenizer: ggufTokenizer(tokenizer),
        chatTemplate,
        weights,
        matrixType: 'F16',
      });
      const ids = ggufTokenizer(tokenizer);
      await writeFile(join(folder, 'tokenizer.json'), tokenizerText);
      await writeFile(join(folder, 'tokenizer_config.json'), tokenizerConfigJson(config.contextLength));
      await writeFile(join(folder, 'config.json'), json(huggingFaceConfig(config, ids)));
      await writeFile(
        join(folder, 'generation_config.json'),
        json({
          bos_token_id: ids.beginId,
          eos_token_id: [ids.endOfTurnId, ids.endId],
          pad_token_id: ids.paddingId,
          do_sample: false,
        }),
      );
      await writeFile(
        join(folder, 'MODEL_CARD.md'),
        modelCard(state, plan, { name, createdAtMs: clock.nowMs(), parameters: parameterCount(config) }),
      );
      const files: ReleaseFile[] = [{ name: 'model.safetensors', digest: base.digest, byteLength: base.byteLength }];
      for (const file of [
        'config.json',
        'tokenizer.json',
        'tokenizer_config.json',
        'generation_config.json',
        'model.gguf',
        'MODEL_CARD.md',
      ])
        files.push({ name: file, ...(await blobs.put(createReadStream(join(folder, file)))) });
      const release: Release = {
        name,
        programme: plan.programme,
        createdAtMs: clock.nowMs(),
        rounds: state.rounds.filter((round) => round.outcome === 'accepted').length,
        licence: plan.release.licence,
        files,
      };
      await database
        .insertInto('release')
        .values({ name, programme: plan.programme, release_json: JSON.stringify(release) })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await events.record(
        'release-published',
        { release: name, files: files.map((file) => file.name) },
        plan.programme,
      );
      return name;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async list(): Promise<Release[]> {
    const rows = await this.#options.database.selectFrom('release').select('release_json').orderBy('name').execute();
    return rows.map((row) => JSON.parse(row.release_json) as Release);
  }

  /** @throws KibanError `release-not-found`, naming those that exist. */
  async get(name: string): Promise<Release> {
    const releases = await this.list();
    const release = releases.find((one) => one.name === name);
    if (release === undefined)
      throw problems.releaseNotFound(
        name,
        releases.map((one) => one.name),
      );
    return release;
  }
}

/** `config.json` as transformers reads it: rope both the old way and the new, which must agree. */
function huggingFaceConfig(config: ModelConfig, ids: { beginId: number; endOfTurnId: number; paddingId: number }) {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.feedForwardSize,
    num_hidden_layers: config.layerCount,
    num_attention_heads: config.headCount,
    num_key_value_heads: config.keyValueHeadCount,
    head_dim: config.hiddenSize / config.headCount,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: config.rmsNormEpsilon,
    rope_theta: config.ropeTheta,
    rope_parameters: { rope_type: 'default', rope_theta: config.ropeTheta },
    tie_word_embeddings: config.tieEmbeddings,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    bos_token_id: ids.beginId,
    eos_token_id: ids.endOfTurnId,
    pad_token_id: ids.paddingId,
    torch_dtype: 'float32',
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
