// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { parseYaml, type Sha256Digest, sha256Hex, silentLogger, systemClock } from '@kiban/core';
import { candidateColumns, type Merge } from '@kiban/corpus';
import type { FileReference, OpenTokenizerRound, ProgrammeState } from '@kiban/protocol';
import { EventLog, openDatabase } from '@kiban/store-sql';
import { runPlanSchema } from '@kiban/training';
import type { Kysely } from 'kysely';
import { ActivityBoard } from './activity.ts';
import type { Contribution, InstanceTask } from './aggregation-member.ts';
import { nodeConfigSchema } from './config.ts';
import { type NodeSchema, nodeMigrations } from './schema.ts';
import { TokenizerMember } from './tokenizer-member.ts';

const plan = parseYaml(
  `version: 1
programme: p-1
title: t
purpose: p
participants: [a1, b1, c1]
tokenizer: { training: federated, sketchWidth: 1024, candidates: 10, minimumOwnDocuments: 2 }
`,
  runPlanSchema,
  'plan',
);
const state = { programme: plan.programme, planDigest: sha256Hex('plan') } as ProgrammeState;
const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'kiban-tokens-'));
const blobs = new Map<string, string>();
let database: Kysely<NodeSchema>;
let contributions: { contribution: Contribution; counts: Int32Array }[];

function put(list: readonly Merge[]): FileReference {
  const text = JSON.stringify(list);
  const digest = sha256Hex(text) satisfies Sha256Digest;
  blobs.set(digest, text);
  return { digest, byteLength: text.length };
}

function memberOf(): TokenizerMember {
  return new TokenizerMember({
    config: nodeConfigSchema.parse({
      organisation: 'a1',
      displayName: 'a',
      vocabulary: { neverWords: ['炉心'] },
    }),
    hub: { postProgress: async () => undefined },
    aggregation: {
      run: async (task: InstanceTask) => {
        const contribution = await task.contribute();
        const bytes = readFileSync(contribution.levelsPath!);
        assert.equal(sha256Hex(bytes), contribution.wordsDigest);
        contributions.push({ contribution, counts: new Int32Array(Uint8Array.from(bytes).buffer) });
        return 'opened';
      },
    },
    approvals: {
      get: async () => ({
        programme: plan.programme,
        planDigest: state.planDigest,
        decision: 'approve',
        dataSets: ['documents'],
        cardShare: 'nothing',
      }),
    },
    dataSets: { get: async () => ({ folder: join(folder, 'documents') }) as never },
    database,
    events: new EventLog(database, systemClock, silentLogger),
    activity: new ActivityBoard(),
    directory: join(folder, 'tokenizer'),
    fetch: async ({ digest }) => {
      const path = join(folder, digest);
      writeFileSync(path, blobs.get(digest)!);
      return path;
    },
  });
}

before(async () => {
  database = await openDatabase<NodeSchema>(join(folder, 'node.sqlite'), nodeMigrations);
  mkdirSync(join(folder, 'documents'));
  for (let number = 0; number < 30; number += 1)
    writeFileSync(
      join(folder, 'documents', `${number}.txt`),
      `記録${number}、炉心、abab、電話 090-1234-56${10 + number}。`,
    );
});
after(async () => {
  await database.destroy();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  contributions = [];
});

const round = (merges: readonly Merge[], candidates?: readonly Merge[], number = 1): OpenTokenizerRound => ({
  instance: `p-1.t${number}.${candidates === undefined ? 'pairs' : 'candidates'}`,
  attempt: 1,
  round: number,
  merges: put(merges),
  candidates: candidates === undefined ? null : { ...put(candidates), count: candidates.length },
});

const [a, b] = [0x61, 0x62];
/** 炉 and 心, then the pair of them. */
const furnace: Merge[] = [
  [0xe7, 0x82],
  [256, 0x89],
  [0xe5, 0xbf],
  [258, 0x83],
];

test('counts are made once: another attempt, or a restarted node, masks the same file', async () => {
  const asked = round([]);
  await memberOf().takePart(state, plan, asked, signal);
  await memberOf().takePart(state, plan, { ...asked, attempt: 2 }, signal);
  assert.deepEqual(contributions[0]!.contribution, contributions[1]!.contribution);
  assert.deepEqual(contributions[0]!.counts, contributions[1]!.counts);
  assert.ok(contributions[0]!.counts.some((count) => count !== 0));
});

test('another question under the name of one that was answered is refused', async () => {
  const first = round(furnace, [[a, b]], 2);
  await memberOf().takePart(state, plan, first, signal);
  const second = { ...round(furnace, [[b, a]], 2), attempt: 2 };
  await assert.rejects(memberOf().takePart(state, plan, second, signal), { code: 'base-not-trusted' });
});

test('candidates are counted in documents that are not held out, without personal data, with this node’s objections', async () => {
  const digits = (text: string): Merge => [text.charCodeAt(0), text.charCodeAt(1)];
  await memberOf().takePart(state, plan, round(furnace, [[a, b], [257, 259], digits('09')], 3), signal);
  const { counts } = contributions[0]!;
  const of = (index: number) => [...counts.subarray(candidateColumns * index, candidateColumns * (index + 1))];
  const [occurrences, documents, holds, objects] = of(0);
  assert.ok(documents! >= 20 && documents! < 30, 'some of thirty are held out');
  assert.deepEqual([occurrences, holds, objects], [2 * documents!, 1, 0]);
  assert.deepEqual(of(1), [documents, documents, 1, 1]);
  // Single digits are words of their own, and the telephone number is gone.
  assert.deepEqual(of(2), [0, 0, 0, 0]);
});

test('what the plan does not allow, or what is no question about a vocabulary, is refused before anything is counted', async () => {
  const publicPlan = { ...plan, tokenizer: { ...plan.tokenizer, training: 'public' as const } };
  await assert.rejects(memberOf().takePart(state, publicPlan, round([], undefined, 4), signal), {
    code: 'base-not-trusted',
  });
  for (const asked of [
    round([[300, a]], undefined, 4),
    round(furnace, [[a, 999]], 4),
    round(furnace, [[0x82, a]], 4),
    { ...round(furnace, [[a, b]], 4), candidates: { ...put([[a, b]]), count: 2 } },
  ])
    await assert.rejects(memberOf().takePart(state, plan, asked, signal), { code: 'base-not-trusted' });
  assert.equal(contributions.length, 0);
});

test('a list of merges that does not go on from the one before is refused', async () => {
  const member = memberOf();
  await member.takePart(state, plan, round(furnace, undefined, 5), signal);
  await assert.rejects(member.takePart(state, plan, round([[a, b]], undefined, 6), signal), {
    code: 'base-not-trusted',
  });
});
