// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { AggregationCoalition, MemberFaults, TestedMember } from '@kiban/testkit';

/** One line of the table of faults. */
export interface FaultRow {
  readonly name: string;
  readonly provoked: string;
  readonly members: 4 | 5 | 7;
  readonly quorum: number;
  readonly graceMs: number;
  readonly faults: (scene: Scene) => Readonly<Record<number, MemberFaults>>;
  /** What the test does to the hub while the attempt runs. */
  readonly meanwhile?: (scene: Scene) => Promise<void>;
  /** Members that are not in the sum, by number. */
  readonly lost?: readonly number[];
  /** How the attempt ends when it has no sum: then all members begin anew with fresh keys, and the sum is that of all. */
  readonly retried?: 'aborted' | 'burnt';
}

export function describeOutcome({ lost = [], retried }: FaultRow): string {
  if (retried === 'aborted') return 'given up before anything was opened, exact sum of all in the next attempt';
  if (retried === 'burnt') return 'given up for good, exact sum of all in the next round';
  return lost.length === 0 ? 'exact sum of all' : `exact sum without ${lost.map((n) => `member ${n}`).join(' and ')}`;
}

/** One attempt, disturbed. */
export class Scene {
  readonly coalition: AggregationCoalition;
  readonly instance: string;
  /** Resolves once the attempt has an outcome. */
  readonly over: Promise<void>;
  readonly #end = Promise.withResolvers<void>();
  readonly #present = new Map<number, AbortController>();
  readonly #gone = new Set<number>();

  constructor(coalition: AggregationCoalition, instance: string) {
    this.coalition = coalition;
    this.instance = instance;
    this.over = this.#end.promise;
  }

  member(number: number): TestedMember {
    return this.coalition.members[number]!;
  }

  /** Members that vanished and did not come back. */
  get gone(): readonly number[] {
    return [...this.#gone];
  }

  run(number: number, faults: MemberFaults = {}, attempt = 1, instance = this.instance): Promise<string> {
    const present = new AbortController();
    this.#present.set(number, present);
    this.#gone.delete(number);
    return this.member(number)
      .run(instance, attempt, faults, present.signal)
      .catch((error: unknown) => {
        if (present.signal.aborted) return 'gone';
        return `failed: ${String((error as { code?: unknown }).code ?? error)}`;
      });
  }

  /** The member is there no more, from this moment on. */
  vanish(number: number): never {
    this.#gone.add(number);
    const present = this.#present.get(number)!;
    present.abort();
    throw present.signal.reason;
  }

  /** The hub keeps the member's shard. */
  spooled(number: number, shard: number): Promise<string> {
    const { organisation } = this.member(number);
    return this.coalition.until(async () => this.coalition.spooled(this.instance, 1, organisation, shard));
  }

  listed(list: string): Promise<unknown> {
    return this.coalition.event('list-published', { instance: this.instance, attempt: 1, list });
  }

  awaited(stage: string): Promise<unknown> {
    return this.coalition.event('members-awaited', { instance: this.instance, stage });
  }

  end(): void {
    this.#end.resolve();
  }
}

/**
 * Plays a row and asserts what must hold of every one: the exact integer sum, survivors and scalars; fresh keys in a retry; no secret, no share in
 * clear and no second opening in anything that a member sent; nothing left on any disk.
 */
export async function playRow(coalition: AggregationCoalition, row: FaultRow, instance: string): Promise<void> {
  const scene = new Scene(coalition, instance);
  const numbers = coalition.members.map((_, number) => number);
  await coalition.open(instance, 1, row);
  const faults = row.faults(scene);
  const runs = numbers.map((number) => scene.run(number, faults[number]));
  const [outcome] = await Promise.all([coalition.ended(instance, 1), row.meanwhile?.(scene)]);
  scene.end();
  assert.equal(outcome.state, row.retried ?? 'opened', outcome.state === 'opened' ? '' : outcome.reason);
  const last = { instance, attempt: 1 };
  let sum = outcome;
  if (row.retried !== undefined) {
    if (row.retried === 'burnt') last.instance = `${instance}-again`;
    else last.attempt = 2;
    await coalition.hub.aggregation.close(instance, 1);
    await coalition.open(last.instance, last.attempt, row);
    for (const number of numbers) runs.push(scene.run(number, {}, last.attempt, last.instance));
    sum = await coalition.ended(last.instance, last.attempt);
  }
  assert.ok(sum.state === 'opened', `the retry was ${sum.state}`);
  const lost = row.retried === undefined ? (row.lost ?? []) : [];
  const survivors = coalition.members.filter((_, number) => !lost.includes(number));
  assert.deepEqual(
    sum.sum.survivors,
    survivors.map(({ organisation }) => organisation),
  );
  assert.equal(coalition.firstWrong(sum.sum.sumPath, survivors), undefined, 'the first value that is wrong');
  assert.equal(sum.sum.scalars.steps, survivors.length);

  // Whoever was away comes back late, and gets nothing but the end.
  for (const number of scene.gone) runs.push(scene.run(number, {}, last.attempt, last.instance));
  const ends = await Promise.all(runs);
  for (const end of ends) assert.ok(['opened', 'over', 'gone', 'failed: upload-corrupted'].includes(end), end);
  await coalition.hub.aggregation.close(last.instance, last.attempt);
  for (const one of new Set([instance, last.instance])) {
    assert.deepEqual(coalition.remains(one), [], 'journals and spool at the hub');
    for (const member of coalition.members) {
      await member.forget(one);
      assert.deepEqual(member.journals(one), [], `journals of ${member.organisation}`);
      const audit = member.audit(one);
      assert.deepEqual(audit.faults(), [], `what ${member.organisation} sent`);
    }
  }
  if (row.retried !== undefined) assertFreshKeys(coalition, instance, last);
}

function assertFreshKeys(
  { members }: AggregationCoalition,
  instance: string,
  last: { readonly instance: string; readonly attempt: number },
): void {
  for (const member of members) {
    const first = member.audit(instance);
    const fresh = member.audit(last.instance).messageOf(last.attempt, 'advertise');
    assert.ok(fresh !== undefined);
    const old = first.messageOf(1, 'advertise');
    if (old !== undefined)
      for (const key of ['x25519', 'mlKem768']) assert.notEqual(keyIn(fresh, key), keyIn(old, key), key);
    // In a next attempt at the same instance nobody may have opened anything before.
    if (last.instance === instance) assert.equal(first.messageOf(1, 'opening'), undefined);
    assert.ok(first.secretCount > 10, 'the audit knows what was secret');
  }
}

function keyIn(advertisement: string, name: string): unknown {
  return (JSON.parse((JSON.parse(advertisement) as { body: string }).body) as Record<string, unknown>)[name];
}

/** Longer than one look of the hub at its silent members. */
export function aMoment(): Promise<void> {
  return delay(400);
}
