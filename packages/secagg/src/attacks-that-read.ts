// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type OrganisationId, sha256Hex } from '@kiban/core';
import { encodeBase64 } from '@kiban/crypto';
import { CuriousHub } from './curious-hub.ts';
import { updateCommitment } from './derivations.ts';
import { signEnvelope } from './envelope.ts';
import { answerTo, type ListBody, readBody } from './forged-lists.ts';
import { hexBytes } from './member-sharing.ts';
import { shareLength } from './messages.ts';

type Driver = typeof import('./coalition-driver.ts');
type Coalition = import('./coalition-driver.ts').Coalition;
type Party = import('./coalition-driver.ts').Party;

/**
 * What a hub does to read one member; for tests. Each is told a build of the package and says whether the member's levels (or its loss) were read in
 * the end: not whether a check was passed, but what it was there to prevent.
 */
export type ReadingAttack = (driver: Driver) => Promise<boolean>;

const isRead = (victim: Party, levels: readonly number[] | undefined): boolean =>
  levels !== undefined && levels.join() === victim.levels.join();

/** A member drops after its upload; the others are asked for what opens the rest. The hub looks for a survivor of whom it got both kinds of share. */
export const readsBothKinds: ReadingAttack = async ({ Coalition }) => {
  const coalition = new Coalition({ memberCount: 5, wordCount: 32, lost: new Map([[3, 'manifest']]) });
  await coalition.run();
  assert.ok(coalition.sent.some(({ stage }) => stage === 'opening'));
  const victim = coalition.parties[0]!;
  return isRead(victim, await new CuriousHub(coalition).learnOpenings().read(victim));
};

/** Every member is asked to open for all, and then once more for all but the victim. */
export const asksTwice: ReadingAttack = async ({ Coalition }) => {
  const coalition = new Coalition({ memberCount: 5, wordCount: 32, heldList: 'survivors' });
  await coalition.run();
  const [victim, ...others] = coalition.parties as [Party, ...Party[]];
  const survivorsList = coalition.listFor(victim)!;
  await askFor(coalition, survivorsList, coalition.parties);
  assert.equal(coalition.sent.filter(({ stage }) => stage === 'opening').length, 5);
  await askFor(coalition, survivorsList, others);
  return isRead(victim, await new CuriousHub(coalition).learnOpenings().read(victim));
};

/** Two survivors, one of them with the hub: what is not its own in their sum is the other's. */
export const asksForTwoSurvivors: ReadingAttack = async ({ Coalition }) => {
  const coalition = new Coalition({ memberCount: 5, wordCount: 32, heldList: 'survivors' });
  await coalition.run();
  const [victim, colluder] = coalition.parties as [Party, Party];
  await askFor(coalition, coalition.listFor(victim)!, [victim, colluder]);
  const sum = await new CuriousHub(coalition).learnOpenings().readSum([victim, colluder]);
  return isRead(
    victim,
    sum.map((value, index) => value - colluder.levels[index]!),
  );
};

/** A member that uploaded everything is called lost, so its pair masks are opened. */
export const inventsDropout: ReadingAttack = async ({ Coalition }) => {
  const coalition = new Coalition({ memberCount: 5, wordCount: 32, lost: new Map([[3, 'manifest']]) });
  await coalition.run();
  assert.ok(coalition.outcome.opened || coalition.outcome.abort !== undefined);
  const victim = coalition.parties[3]!;
  return isRead(victim, await new CuriousHub(coalition).learnOpenings().read(victim));
};

/** The hub keeps every share message that it carries and reads what it can in the parts; nobody has to open anything. */
export const readsPassingShares: ReadingAttack = async ({ Coalition }) => {
  const coalition = new Coalition({ memberCount: 5, wordCount: 32, heldList: 'survivors' });
  await coalition.run();
  const hub = new CuriousHub(coalition);
  for (const { from, stage, text } of coalition.sent) {
    if (stage !== 'share') continue;
    const { parts } = JSON.parse(text) as { parts: { to: string; part: { box: string } }[] };
    for (const { to, part } of parts) {
      const bytes = Buffer.from(part.box, 'base64');
      hub.learn('self', from, to, bytes.subarray(0, shareLength));
      hub.learn('box', from, to, bytes.subarray(shareLength, 2 * shareLength));
    }
  }
  const victim = coalition.parties[2]!;
  return isRead(victim, await hub.read(victim));
};

/** The hub has a few guesses at a member's update and holds each against the commitment in the manifest. */
export const testsGuesses: ReadingAttack = async ({ Coalition }) => {
  const coalition = new Coalition({ memberCount: 3, wordCount: 32, heldList: 'survivors' });
  await coalition.run();
  const victim = coalition.parties[1]!;
  const { update } = readBody(victim.state!.sent.manifest!) as { update: string };
  const committed = (levels: Int8Array) =>
    encodeBase64(updateCommitment(new Uint8Array(32), hexBytes(sha256Hex(Uint8Array.from(levels)))));
  const found = coalition.parties.filter(({ levels }) => committed(levels) === update);
  return found.length === 1 && found[0] === victim;
};

/** Somewhere in what a member sends stands its loss, as a number or among the 32-bit words of the manifest. */
export const findsLoss: ReadingAttack = async ({ Coalition }) => {
  const coalition = new Coalition({ memberCount: 5, wordCount: 32, heldList: 'survivors' });
  await coalition.run();
  const victim = coalition.parties[4]!;
  const value = coalition.scalarOf(victim);
  const integer = Math.round(value * coalition.plan.scalars[0]!.scale);
  const { manifest = '{"body":"{}"}' } = victim.state!.sent;
  const scalars = Buffer.from(String(readBody(manifest).scalars ?? ''), 'base64');
  const words = [...new Int32Array(Uint8Array.from(scalars).buffer)];
  const numbers = Object.values(victim.state!.sent).flatMap((text) => numbersIn(bodiesOf(text)));
  return [...numbers, ...words].some((number) => number === integer || number === value);
};

/**
 * An attempt ends after the uploads and a second one carries the same updates, without the victim. Once that one is open the hub goes back to the
 * first: two sums of the same updates, which differ by one member's.
 */
export const returnsToEarlierAttempt: ReadingAttack = async ({ Coalition }) => {
  const options: ConstructorParameters<Driver['Coalition']>[0] = { memberCount: 5, wordCount: 32, shardBytes: 64 };
  const held = { ...options, heldList: 'survivors' as 'survivors' | undefined };
  const first = new Coalition(held);
  await first.run();
  const second = new Coalition({ ...options, attempt: 2, lost: new Map([[3, 'manifest']]) });
  await second.startHub();
  for (const [place, party] of second.parties.entries()) {
    const before = first.parties[place]!;
    party.marks.push(...before.marks);
    const step = await second.join(party);
    if (!step.ok || !step.effects.some((effect) => effect.type === 'erase' && effect.attempt === 1)) continue;
    before.journal.length = 0;
    before.state = undefined;
    before.alive = false;
  }
  await second.settle();
  assert.equal(second.outcome.survivors.length, 4);
  held.heldList = undefined;
  await first.settle();
  const difference = first.outcome.sum.map((value, index) => value - second.outcome.sum[index]!);
  return isRead(first.parties[3]!, difference);
};

/** Hands out a survivor list of the hub's making, gathers the signatures and asks everybody to open. */
async function askFor(coalition: Coalition, survivorsList: string, survivors: readonly Party[]): Promise<void> {
  const names = new Set<OrganisationId>(survivors.map(({ organisation }) => organisation));
  const body = readBody(survivorsList) as unknown as ListBody;
  const members = body.members.filter(({ organisation }) => names.has(organisation as OrganisationId));
  const signed = (change: object) => signEnvelope('list', { ...body, ...change }, coalition.hubKey);
  const before = coalition.sent.length;
  for (const party of coalition.parties) await answerTo(coalition, party, 'survivors', signed({ members }));
  const signatures = coalition.sent
    .slice(before)
    .filter(({ stage }) => stage === 'signature')
    .map(({ from, text }) => ({ organisation: from, message: text }));
  const list = signed({ list: 'signatures', members: signatures });
  for (const party of coalition.parties) await answerTo(coalition, party, 'signatures', list);
}

/** The signed bodies in a message; of `share` the header's. */
function bodiesOf(text: string): unknown {
  const message = JSON.parse(text) as { header?: string };
  return readBody(message.header ?? text);
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
