// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type OrganisationId,
  organisationIdSchema,
  parseYaml,
  programmeIdSchema,
  silentLogger,
  systemClock,
} from '@kiban/core';
import { MemberDocuments, type Merge, reviewByWords } from '@kiban/corpus';
import { decisionSchema, tokenRecordSchema } from '@kiban/protocol';
import type { AggregationPlan } from '@kiban/secagg';
import { openFileBlobStore } from '@kiban/store-blob';
import { EventLog, openDatabase } from '@kiban/store-sql';
import { plannedTokenizer, runPlanSchema } from '@kiban/training';
import type { AttemptOutcome } from './attempt-store.ts';
import { Programmes, planOf } from './programmes.ts';
import { type HubSchema, hubMigrations } from './schema.ts';
import { TokenizerDriver } from './tokenizer-driver.ts';
import { doTokenizerTask } from './tokenizer-work.ts';

const organisations = ['org-a', 'org-b', 'org-c'].map((name) => organisationIdSchema.parse(name));
const programme = programmeIdSchema.parse('vocabulary-1');
const planText = `version: 1
programme: ${programme}
title: t
purpose: p
participants: [${organisations.join(', ')}]
model: { vocabularySize: 512 }
tokenizer: { training: federated, publicShare: 0.3, minimumDocuments: 12, minimumOwnDocuments: 2, sketchWidth: 4096, candidates: 64, batch: 8 }
`;
const rules = plannedTokenizer(parseYaml(planText, runPlanSchema, 'plan'));

/** Opens plain sums of what three members would send; the first attempts of some instances go wrong as told. */
class PlainSums {
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  readonly #directory: string;
  readonly #mishaps: Readonly<Record<string, AttemptOutcome>>;
  readonly #merges: (digest: string) => Merge[];
  #plan: AggregationPlan | undefined;

  constructor(
    directory: string,
    merges: (digest: string) => Merge[],
    mishaps: Readonly<Record<string, AttemptOutcome>> = {},
  ) {
    this.#directory = directory;
    this.#merges = merges;
    this.#mishaps = mishaps;
  }

  async open(plan: AggregationPlan): Promise<void> {
    this.#plan = plan;
    const name = `${plan.instance}#${plan.attempt}`;
    if (!this.opened.includes(name)) this.opened.push(name);
  }

  async outcome(instance: string, attempt: number): Promise<AttemptOutcome> {
    const mishap = this.#mishaps[`${instance}#${attempt}`];
    if (mishap !== undefined) return mishap;
    const plan = this.#plan!;
    const vectors = organisations.map((_, index) => {
      const member = new MemberDocuments(rules);
      for (let number = 0; number < 8; number += 1)
        member.add(`溶銑温度は${number}℃。${'甲乙丙'[index]}番の炉の点検を報告。`);
      member.apply(this.#merges(plan.baseDigest));
      if (!instance.endsWith('.candidates')) return member.sketch(instance);
      return member.countCandidates(this.#merges(plan.scalesDigest), instance, () => false);
    });
    assert.equal(vectors[0]!.length, plan.wordCount);
    const sum = vectors[0]!.map((_, at) => vectors.reduce((total, vector) => total + vector[at]!, 0));
    const sumPath = join(this.#directory, 'sum');
    writeFileSync(sumPath, sum);
    return {
      state: 'opened',
      sum: { survivors: organisations as OrganisationId[], scalars: {}, maskedBytes: 0, sumPath },
    };
  }

  async close(instance: string, attempt: number): Promise<void> {
    this.closed.push(`${instance}#${attempt}`);
  }
}

const directories: string[] = [];
after(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

/** Runs the phase to its end; with `restarts`, every step is made by a driver that knows nothing but what is stored. */
async function run(options: { mishaps?: Readonly<Record<string, AttemptOutcome>>; restarts?: boolean } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-tokenizer-'));
  directories.push(directory);
  const database = await openDatabase<HubSchema>(join(directory, 'hub.sqlite'), hubMigrations);
  const blobs = openFileBlobStore(join(directory, 'blobs'));
  const events = new EventLog(database, systemClock, silentLogger);
  const programmes = new Programmes(database, blobs, systemClock, events);
  const read = (digest: string) => readFileSync(blobs.filePath(digest as never), 'utf8');
  const sums = new PlainSums(directory, (digest) => JSON.parse(read(digest)) as Merge[], options.mishaps);
  const listed = organisations.map((organisation) => ({
    organisation,
    displayName: organisation,
    messageKey: organisation,
    roundKey: organisation,
    joinedAtMs: 0,
    lastSeenAtMs: null,
  }));
  for (const { organisation } of listed)
    await database
      .insertInto('member')
      .values({
        organisation,
        display_name: organisation,
        message_key: organisation,
        message_key_id: organisation,
        round_key: organisation,
        joined_at_ms: 0,
        last_seen_at_ms: null,
        join_signature_json: '{}',
      })
      .execute();
  const corpus = Array.from({ length: 20 }, (_, number) =>
    JSON.stringify({ text: `公開の文書${number}を読む。` }),
  ).join('\n');
  const state = await programmes.propose(planText, (await blobs.put(Buffer.from(corpus))).digest);
  for (const organisation of organisations) {
    const decision = { planDigest: state.planDigest, decision: 'approve', steward: 's', dataSets: [] };
    await programmes.decide(programme, organisation, decisionSchema.parse(decision), {});
  }
  await programmes.start(programme);
  const driverOf = () =>
    new TokenizerDriver({
      programmes,
      members: { list: async () => listed },
      aggregation: sums,
      blobs,
      events,
      clock: systemClock,
      review: reviewByWords(['報告']),
      workDirectory: join(directory, 'work'),
      // The end-to-end suite has the thread; here its work alone.
      work: async (task) => doTokenizerTask(task),
      signal: new AbortController().signal,
    });
  let driver = driverOf();
  for (let steps = 0; steps < 60; steps += 1) {
    const row = await programmes.row(programme);
    if (row.phase !== 'tokenizing') break;
    if (options.restarts === true) driver = driverOf();
    await driver.step(row, planOf(row));
  }
  const finished = await programmes.state(programme);
  await database.destroy();
  assert.equal(finished.phase, 'preparing');
  const agreed = finished.agreedTokenizer!;
  const record = tokenRecordSchema.parse(JSON.parse(read(agreed.record.digest)));
  return {
    agreed,
    record,
    texts: record.tokens.map(({ text }) => text),
    ...{ opened: sums.opened, closed: sums.closed },
  };
}

let undisturbed: Awaited<ReturnType<typeof run>>;
before(async () => {
  undisturbed = await run();
});

test('members’ common words become tokens, the review’s word does not, and every sum is closed behind its result', () => {
  assert.ok(undisturbed.texts.includes('点検') && undisturbed.texts.includes('溶銑'), undisturbed.texts.join(' '));
  assert.ok(!undisturbed.texts.some((text) => text?.includes('報告')));
  assert.ok((undisturbed.record.refused.review ?? 0) > 0);
  assert.deepEqual([...new Set(undisturbed.closed)].sort(), [...undisturbed.opened].sort());
});

test('a hub that is restarted after every step comes to the same vocabulary with the same sums', async () => {
  const restarted = await run({ restarts: true });
  assert.deepEqual(restarted.agreed, undisturbed.agreed);
  assert.deepEqual(restarted.opened, undisturbed.opened);
});

test('an attempt that ends is tried again, and a round whose sum is void makes way for another one', async () => {
  const disturbed = await run({
    mishaps: {
      [`${programme}.t1.pairs#1`]: { state: 'aborted', reason: 'part-unreadable' },
      [`${programme}.t1.candidates#1`]: { state: 'burnt', reason: 'opening-failed' },
    },
  });
  assert.deepEqual(disturbed.opened.slice(0, 4), [
    `${programme}.t1.pairs#1`,
    `${programme}.t1.pairs#2`,
    `${programme}.t1.candidates#1`,
    `${programme}.t2.pairs#1`,
  ]);
  assert.deepEqual(new Set(disturbed.texts), new Set(undisturbed.texts));
});
