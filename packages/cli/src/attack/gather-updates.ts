// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KibanError } from '@kiban/core';
import { type Tokenizer, tokenizerFromJson } from '@kiban/corpus';
import { openTokenShard, paddingToken } from '@kiban/training';
import * as z from 'zod';

/** One member's quantised update of a round, as it lies at its own node, and the truth to hold a reading against. */
export interface MemberUpdate {
  readonly member: string;
  readonly levels: Int8Array;
  /** Tokens that occur in the member's training data. */
  readonly used: ReadonlySet<number>;
}

export interface RoundUpdates {
  readonly release: string;
  readonly round: number;
  readonly updates: readonly MemberUpdate[];
  readonly tokenizer: Tokenizer;
  readonly vocabularySize: number;
  readonly hiddenSize: number;
}

const modelSchema = z.looseObject({ hidden_size: z.int().positive(), vocab_size: z.int().positive() });

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
  const model = join(directory, first.member, 'models', release);
  const config = modelSchema.parse(JSON.parse(readFileSync(join(model, 'config.json'), 'utf8')));
  const updates = members.map(({ member, own, levelsPath }): MemberUpdate => {
    const bytes = readFileSync(levelsPath);
    return {
      member,
      levels: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
      used: tokensIn(join(own, 'data')),
    };
  });
  return {
    release,
    round,
    updates,
    tokenizer: tokenizerFromJson(readFileSync(join(model, 'tokenizer.json'), 'utf8')),
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
  };
}

function tokensIn(folder: string): ReadonlySet<number> {
  const used = new Set<number>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('training.bin')) continue;
    const shard = openTokenShard(join(folder, name));
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
