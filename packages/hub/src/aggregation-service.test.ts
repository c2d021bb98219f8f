// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type Clock,
  digestSchema,
  organisationIdSchema,
  programmeIdSchema,
  silentLogger,
  systemClock,
  systemRandom,
} from '@kiban/core';
import { generateSigningKey, verifyKeyToSpki } from '@kiban/crypto';
import { type AggregationPlan, signPlan, startMember } from '@kiban/secagg';
import { EventLog, openDatabase } from '@kiban/store-sql';
import { AggregationService } from './aggregation-service.ts';
import { type HubSchema, hubMigrations } from './schema.ts';

const zeros = digestSchema.parse('0'.repeat(64));
const hubKey = generateSigningKey();
const members = ['org-a', 'org-b', 'org-c', 'org-d'].map((name) => ({
  organisation: organisationIdSchema.parse(name),
  signKey: generateSigningKey(),
}));
const plan: AggregationPlan = {
  version: 1,
  programme: programmeIdSchema.parse('test-1'),
  instance: 'test-1.r1.gate',
  attempt: 1,
  roster: members.slice(0, 3).map(({ organisation, signKey }) => ({
    organisation,
    roundPublicKey: verifyKeyToSpki(signKey.verifyKey),
  })),
  threshold: 3,
  quorum: 3,
  baseDigest: zeros,
  wordCount: 0,
  bits: 16,
  levelLimit: 127,
  scalesDigest: zeros,
  scalars: [{ name: 'loss', scale: 1, bound: 1000 }],
  shardBytes: 64,
  prg: 'aes-256-ctr/v1',
  graceMs: 60_000,
};

function advertisementOf(index: number, asked = plan): string {
  const member = members[index]!;
  const step = startMember({
    planText: signPlan(asked, hubKey),
    hubPublicKey: hubKey.verifyKey,
    identity: member,
    random: systemRandom,
    marks: [],
    limits: { lowQuorumApproved: true },
  });
  assert.ok(step.ok);
  const sent = step.effects.find((effect) => effect.type === 'send');
  assert.ok(sent?.type === 'send');
  return sent.text;
}

async function openHub(clock: Clock) {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-aggregation-'));
  const database = await openDatabase<HubSchema>(join(directory, 'hub.sqlite'), hubMigrations);
  const nothing = { reason: '', clip_factor: 12, rejected_in_a_row: 0, version: 1, created_at_ms: 0 };
  await database
    .insertInto('programme')
    .values({
      ...nothing,
      programme: plan.programme,
      plan_text: '',
      plan_digest: zeros,
      public_corpus_digest: zeros,
      phase: 'running',
    })
    .execute();
  const serviceOf = () =>
    new AggregationService({
      database,
      events: new EventLog(database, clock, silentLogger),
      directory: join(directory, 'aggregation'),
      key: hubKey,
      clock,
      logger: silentLogger,
      onOutcome: () => undefined,
    });
  const close = async () => {
    await database.destroy();
    rmSync(directory, { recursive: true });
  };
  return { serviceOf, close, directory };
}

test('messages that arrive while the attempts are read back are kept: the list is frozen, and again after a restart', async () => {
  const { serviceOf, close } = await openHub(systemClock);
  const keysOf = (service: AggregationService) =>
    service.list(plan.instance, 1, 'keys', members[0]!.organisation, 0, new AbortController().signal);
  const send = (service: AggregationService, index: number) =>
    service.receive(plan.instance, 1, members[index]!.organisation, 'advertise', advertisementOf(index));

  const first = serviceOf();
  await first.start();
  await first.open(plan);
  await send(first, 0);
  assert.equal(await keysOf(first), undefined);
  await first.stop();

  const second = serviceOf();
  await Promise.all([send(second, 1), second.start(), send(second, 2)]);
  const keys = await keysOf(second);
  assert.notEqual(keys, undefined, 'every acknowledged message counts');
  await second.stop();

  const third = serviceOf();
  await third.start();
  assert.equal(await keysOf(third), keys, 'the journal holds them all');
  await third.stop();
  await close();
});

test('a member that reports another step is waited for, also after a restart at an earlier one; one that repeats itself is left behind', async () => {
  let nowMs = 1_000_000;
  const { serviceOf, close } = await openHub({ nowMs: () => nowMs });
  const service = serviceOf();
  const four: AggregationPlan = {
    ...plan,
    roster: members.map(({ organisation, signKey }) => ({
      organisation,
      roundPublicKey: verifyKeyToSpki(signKey.verifyKey),
    })),
    graceMs: 10_000,
  };
  const slow = members[3]!.organisation;
  const keysAfter = async (step: number) => {
    await service.progress(four.instance, 1, slow, { step, steps: 100 });
    nowMs += 6_000;
    await service.freezeTheSilent();
    return service.list(four.instance, 1, 'keys', slow, 0, new AbortController().signal);
  };
  await service.open(four);
  for (const index of [0, 1, 2])
    await service.receive(four.instance, 1, members[index]!.organisation, 'advertise', advertisementOf(index, four));
  for (const step of [1, 7, 12, 3, 4]) assert.equal(await keysAfter(step), undefined, `step ${step}`);
  const keys = await keysAfter(4);
  assert.notEqual(keys, undefined, 'twelve seconds at step 4');
  assert.deepEqual(
    (JSON.parse((JSON.parse(keys!) as { body: string }).body) as { members: unknown[] }).members.length,
    3,
  );
  await service.stop();
  await close();
});

test('when its programme is over an attempt ends for everybody, and neither journal nor spool stays, nor comes back at a start', async () => {
  const { serviceOf, close, directory } = await openHub(systemClock);
  const files = () =>
    readdirSync(join(directory, 'aggregation'), { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const service = serviceOf();
  await service.start();
  await service.open(plan);
  await service.receive(plan.instance, 1, members[0]!.organisation, 'advertise', advertisementOf(0));
  assert.equal(files().length, 1, 'the journal');
  await service.endProgramme('another');
  assert.equal(files().length, 1);
  await service.endProgramme(plan.programme);
  assert.deepEqual(files(), []);
  const late = service.receive(plan.instance, 1, members[1]!.organisation, 'advertise', advertisementOf(1));
  await assert.rejects(late, { status: 410 });
  await service.stop();
  // What a crash left of an attempt that is over.
  const left = join(directory, 'aggregation', 'spool', plan.instance, '1', 'org-a');
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, `0.3.${zeros}`), 'abc');
  const next = serviceOf();
  await next.start();
  assert.deepEqual(files(), []);
  assert.deepEqual(await next.outcome(plan.instance, 1), {
    state: 'aborted',
    reason: 'programme-over: org-b, org-c',
  });
  await next.stop();
  await close();
});
