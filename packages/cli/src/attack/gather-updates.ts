// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KibanError } from '@kiban/core';
import { type Tokenizer, tokenizerFromJson } from '@kiban/corpus';
import { type ModelConfig, modelConfigSchema, openTokenShard, paddingToken } from '@kiban/training';
import * as z from 'zod';

/** One member's quantised update of a round, as it lies at its own node, and the truth to hold a reading against. */
export interface MemberUpdate {
  readonly member: string;
  readonly levels: Int8Array;
  /** Tokens that occur in the member's training data. */
  readonly used: ReadonlySet<number>;
  /** Token shards that it trains on, and those that it never does. */
  readonly trainingShards: readonly string[];
  readonly heldOutShards: readonly string[];
}

export interface RoundUpdates {
  readonly release: string;
  readonly round: number;
  readonly updates: readonly MemberUpdate[];
  readonly tokenizer: Tokenizer;
  readonly model: ModelConfig;
  /** Weights that the round began from; undefined when the first member keeps them no more. */
  readonly basePath: string | undefined;
}

const releaseConfigSchema = z
  .looseObject({
    hidden_size: z.int(),
    num_hidden_layers: z.int(),
    num_attention_heads: z.int(),
    num_key_value_heads: z.int(),
    intermediate_size: z.int(),
    vocab_size: z.int(),
    max_position_embeddings: z.int(),
    rope_theta: z.number(),
    rms_norm_eps: z.number(),
    tie_word_embeddings: z.boolean(),
  })
  .transform(
    (config): ModelConfig =>
      modelConfigSchema.parse({
        hiddenSize: config.hidden_size,
        layerCount: config.num_hidden_layers,
        headCount: config.num_attention_heads,
        keyValueHeadCount: config.num_key_value_heads,
        feedForwardSize: config.intermediate_size,
        vocabularySize: config.vocab_size,
        contextLength: config.max_position_embeddings,
        ropeTheta: config.rope_theta,
        rmsNormEpsilon: config.rms_norm_eps,
        tieEmbeddings: config.tie_word_embeddings,
      }),
  );

/**
 * Reads what the nodes of a demo on this machine keep for themselves. Outside a demo nobody has more than one of these directories.
 * @throws KibanError `attack-without-run` (404) when there is no finished run, no such round or fewer than three members
 */
export function gatherUpdates(directory: string, round: number): RoundUpdates {
  const nodes = namesIn(directory).filter((name) => existsSync(join(directory, name, 'node.yaml')));
  // A demo that compared has nodes beside the coalition, which took part in nothing.
  const members = nodes.flatMap((member) => {
    const [programme] = namesIn(join(directory, member, 'programmes'));
    const [release] = namesIn(join(directory, member, 'models'));
    const own = join(directory, member, 'programmes', programme ?? '');
    const levelsPath = join(own, 'rounds', `${round}.levels`);
    return release !== undefined && existsSync(levelsPath) ? [{ member, release, own, levelsPath }] : [];
  });
  const [first] = members;
  if (first === undefined || members.length < 3) throw withoutRun(directory, round);
  const { release } = first;
  const folder = join(directory, first.member, 'models', release);
  const updates = members.map(({ member, own, levelsPath }): MemberUpdate => {
    const bytes = readFileSync(levelsPath);
    const trainingShards = shardsIn(join(own, 'data'), 'training.bin');
    return {
      member,
      levels: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
      used: tokensIn(trainingShards),
      trainingShards,
      heldOutShards: shardsIn(join(own, 'data'), 'heldout.bin'),
    };
  });
  return {
    release,
    round,
    updates,
    tokenizer: tokenizerFromJson(readFileSync(join(folder, 'tokenizer.json'), 'utf8')),
    model: releaseConfigSchema.parse(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))),
    basePath: basePathOf(directory, first.member, round),
  };
}

/** Only the hub's table says which base a round had; the file itself lies at the node too. */
function basePathOf(directory: string, member: string, round: number): string | undefined {
  const databasePath = join(directory, 'hub', 'hub.sqlite');
  if (!existsSync(databasePath)) return undefined;
  using database = new DatabaseSync(databasePath, { readOnly: true });
  const row = database.prepare('SELECT base_digest FROM round WHERE round = ?').get(round);
  const digest = String(row?.base_digest ?? '');
  const path = join(directory, member, 'blobs', digest.slice(0, 2), digest);
  return digest !== '' && existsSync(path) ? path : undefined;
}

function shardsIn(folder: string, name: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => basename(path) === name)
    .sort()
    .map((path) => join(folder, path));
}

function tokensIn(paths: readonly string[]): ReadonlySet<number> {
  const used = new Set<number>();
  for (const path of paths) {
    const shard = openTokenShard(path);
    const row = new Int32Array(shard.index.sequenceLength + 1);
    for (let sequence = 0; sequence < shard.index.count; sequence += 1) {
      shard.row(sequence, row);
      for (const token of row) if (token !== paddingToken) used.add(token);
    }
    shard.close();
  }
  return used;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function withoutRun(directory: string, round: number): KibanError {
  return new KibanError({
    code: 'attack-without-run',
    status: 404,
    title: { ja: '攻撃する更新がありません', en: 'There is no update to attack' },
    detail: {
      ja: `${directory} に、三社以上のノードと第 ${round} ラウンドまで終わった実行がありません。先に kiban demo --once を実行するか、--directory と --round を確かめてください。`,
      en: `${directory} holds no finished run of three nodes or more with a round ${round}. Run kiban demo --once first, or check --directory and --round.`,
    },
  });
}
