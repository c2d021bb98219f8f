// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@kiban/core';
import { encodeBase64, x25519KeyPair } from '@kiban/crypto';
import { brokenBuild } from './broken-build.ts';
import * as product from './coalition-driver.ts';
import { signEnvelope } from './envelope.ts';
import { answerTo, forgedList, resigned } from './forged-lists.ts';
import { startMember } from './index.ts';

type Driver = typeof product;

const keptLists = { file: 'member.ts', find: "return refuse('list-differs', list.list);", replace: '' };
const listOrder = {
  file: 'member.ts',
  find: 'awaitedList(state) !== list.list',
  replace: 'awaitedList(state) === undefined',
};
const planOfMessage = {
  file: 'messages.ts',
  find: 'parsed.plan !== attempt.planDigest',
  replace: 'parsed.plan === ""',
};
const pointOfMessage = {
  file: 'messages.ts',
  find: 'before !== undefined && parsed.before !== toHex(before)',
  replace: 'parsed.before === ""',
};
const signature = {
  file: 'envelope.ts',
  find: "signature === undefined || !verifyBytes(key, h('sign', [kind, envelope.body]), signature)",
  replace: 'signature === undefined',
};

test('a member signs one survivor set: another one is refused, in this attempt and in a later one', async () => {
  const second = async ({ Coalition }: Driver): Promise<string> => {
    const coalition = new Coalition({ memberCount: 5, wordCount: 8, heldList: 'survivors' });
    await coalition.run();
    const party = coalition.parties[4]!;
    const first = coalition.listFor(party)!;
    const other = forgedList(coalition, party, ({ members }) => ({ members: members.slice(1) }));
    assert.equal(await answerTo(coalition, party, 'survivors', first), 'accepted');
    assert.equal(await answerTo(coalition, party, 'survivors', first), 'accepted');
    return answerTo(coalition, party, 'survivors', other);
  };
  assert.equal(await second(product), 'list-differs');
  assert.equal(await second(await brokenBuild(keptLists, listOrder)), 'accepted');

  const later = async ({ Coalition }: Driver): Promise<string> => {
    const coalition = new Coalition({ memberCount: 3, wordCount: 8, heldList: 'signatures' });
    await coalition.run();
    const party = coalition.parties[0]!;
    const again = new Coalition({ memberCount: 3, wordCount: 8, attempt: 2 });
    again.parties[0]!.marks.push(...party.marks);
    const step = await again.join(again.parties[0]!);
    return step.ok ? 'accepted' : step.refusal.code;
  };
  assert.equal(await later(product), 'instance-signed');
  const marks = { file: 'member.ts', find: "mark.kind !== 'joined'", replace: "mark.kind === 'closed'" };
  assert.equal(await later(await brokenBuild(marks)), 'accepted');
});

test('an attempt that was joined is not joined again, and a later one first erases it', async () => {
  const first = new product.Coalition({ memberCount: 3, wordCount: 8, attempt: 3, heldList: 'confirms' });
  await first.run();
  const { marks } = first.parties[0]!;
  for (const [attempt, code] of [
    [2, 'attempt-joined'],
    [3, 'attempt-joined'],
  ] as const) {
    const again = new product.Coalition({ memberCount: 3, wordCount: 8, attempt });
    again.parties[0]!.marks.push(...marks);
    const step = await again.join(again.parties[0]!);
    assert.equal(step.ok || step.refusal.code, code);
  }
  const next = new product.Coalition({ memberCount: 3, wordCount: 8, attempt: 4 });
  next.parties[0]!.marks.push(...marks);
  const step = await next.join(next.parties[0]!);
  assert.ok(step.ok);
  assert.deepEqual(
    step.effects.slice(0, 2).map((effect) => effect.type),
    ['erase', 'persist'],
  );
});

test('a survivor that did not confirm is refused, even with a manifest under its own signature', async () => {
  const stranger = async ({ Coalition }: Driver): Promise<string> => {
    const coalition = new Coalition({
      memberCount: 5,
      wordCount: 8,
      lost: new Map([[4, 'confirm']]),
      heldList: 'survivors',
    });
    await coalition.run();
    const [party, , , , lost] = coalition.parties as [product.Party, ...product.Party[]];
    const { organisation, key } = lost!;
    const text = forgedList(coalition, party, ({ members }) => ({
      members: [
        ...members,
        { organisation, message: resigned(members[0]!.message, 'manifest', key, { from: organisation }) },
      ],
    }));
    return answerTo(coalition, party, 'survivors', text);
  };
  assert.equal(await stranger(product), 'list-not-subset');
  const anybody = { file: 'lists.ts', find: 'strangers.length > 0', replace: 'strangers.length < 0' };
  assert.equal(await stranger(await brokenBuild(anybody)), 'accepted');
});

test("a peer's key that the hub swapped for its own is refused before anything is sealed to it", async () => {
  const swapped = async ({ Coalition }: Driver): Promise<string> => {
    const coalition = new Coalition({ memberCount: 3, wordCount: 8, heldList: 'keys' });
    await coalition.run();
    const party = coalition.parties[0]!;
    const x25519 = encodeBase64(x25519KeyPair(new Uint8Array(32).fill(1)).publicKey);
    const text = forgedList(coalition, party, ({ members }) => ({
      members: members.map((entry, place) =>
        place !== 1 ? entry : { ...entry, message: resigned(entry.message, 'advertise', coalition.hubKey, { x25519 }) },
      ),
    }));
    return answerTo(coalition, party, 'keys', text);
  };
  assert.equal(await swapped(product), 'message-signature-wrong');
  assert.equal(await swapped(await brokenBuild(signature)), 'accepted');
});

test("a peer's key of an earlier attempt, under the peer's own signature, is refused as stale", async () => {
  const stale = async ({ Coalition }: Driver): Promise<string> => {
    const earlier = new Coalition({ memberCount: 3, wordCount: 8, heldList: 'keys' });
    await earlier.run();
    const old = earlier.sent.find(
      ({ from, stage }) => from === earlier.parties[1]!.organisation && stage === 'advertise',
    )!;
    const coalition = new Coalition({ memberCount: 3, wordCount: 8, heldList: 'keys', attempt: 2 });
    await coalition.run();
    const party = coalition.parties[0]!;
    const text = forgedList(coalition, party, ({ members }) => ({
      members: members.map((entry, place) => (place !== 1 ? entry : { ...entry, message: old.text })),
    }));
    return answerTo(coalition, party, 'keys', text);
  };
  assert.equal(await stale(product), 'message-misdirected');
  assert.equal(await stale(await brokenBuild(planOfMessage, pointOfMessage)), 'accepted');
});

test('an update for another base than the approved one is not begun', async () => {
  const changedBase = async ({ Coalition }: Driver, baseDigest: string | undefined): Promise<string> => {
    const coalition = new Coalition({ memberCount: 3, wordCount: 8 });
    await coalition.startHub();
    const party = coalition.parties[0]!;
    const step = startMember({
      planText: coalition.planText,
      hubPublicKey: coalition.hubKey.verifyKey,
      identity: { organisation: party.organisation, signKey: party.key },
      random: systemRandom,
      marks: [],
      ...(baseDigest === undefined ? {} : { limits: { baseDigest } }),
    });
    return step.ok ? 'accepted' : `${step.refusal.code} ${step.refusal.about}`;
  };
  assert.match(await changedBase(product, 'f'.repeat(64)), /^plan-unsound baseDigest/);
  // The control: whoever does not say what was approved joins anything.
  assert.equal(await changedBase(product, undefined), 'accepted');
});

test('a list that somebody else than the hub signed is refused', async () => {
  const impostor = async ({ Coalition }: Driver): Promise<string> => {
    const coalition = new Coalition({ memberCount: 3, wordCount: 8, heldList: 'keys' });
    await coalition.run();
    const party = coalition.parties[0]!;
    return answerTo(coalition, party, 'keys', resigned(coalition.listFor(party)!, 'list', coalition.parties[1]!.key));
  };
  assert.equal(await impostor(product), 'list-signature-wrong');
  assert.equal(await impostor(await brokenBuild(signature)), 'accepted');
});

test('members who were shown different key lists find out before anything is masked', async () => {
  const splitView = async ({ Coalition }: Driver): Promise<string> => {
    const coalition = new Coalition({ memberCount: 3, wordCount: 8, heldList: 'keys' });
    await coalition.run();
    const [alder, birch, cedar] = coalition.parties as [product.Party, product.Party, product.Party];
    // Birch is with the hub: alder is shown another key of birch, under birch's own signature.
    const x25519 = encodeBase64(x25519KeyPair(new Uint8Array(32).fill(1)).publicKey);
    const other = forgedList(coalition, alder, ({ members }) => ({
      members: members.map((entry, place) =>
        place !== 1 ? entry : { ...entry, message: resigned(entry.message, 'advertise', birch.key, { x25519 }) },
      ),
    }));
    assert.equal(await answerTo(coalition, alder, 'keys', other), 'accepted');
    for (const party of [birch, cedar])
      assert.equal(await answerTo(coalition, party, 'keys', coalition.listFor(party)!), 'accepted');
    const members = coalition.parties.map(({ organisation, state }) => {
      const { header, parts } = JSON.parse(state!.sent.share!) as {
        header: string;
        parts: { to: string; part: object }[];
      };
      const part = parts.find(({ to }) => to === cedar.organisation)?.part;
      return { organisation, message: header, ...(part === undefined ? {} : { part }) };
    });
    const body = { v: 1, plan: coalition.planDigest, list: 'shares', to: cedar.organisation, members };
    const answer = await answerTo(coalition, cedar, 'shares', signEnvelope('list', body, coalition.hubKey));
    return answer === 'accepted' ? `${cedar.state?.phase}: ${cedar.state?.stopCode}` : answer;
  };
  assert.equal(await splitView(product), 'message-misdirected');
  const before = {
    file: 'messages.ts',
    find: 'before !== undefined && parsed.before !== toHex(before)',
    replace: 'false',
  };
  // Behind that check stands the channel, whose key and associated data hold the transcript.
  assert.equal(await splitView(await brokenBuild(before)), 'stopped: part-unreadable');
  const channel = { file: 'derivations.ts', find: '    salt: input.t1,\n', replace: '    salt: new Uint8Array(32),\n' };
  const data = {
    file: 'derivations.ts',
    find: "encodeParts('associated', [salt, from, to])",
    replace: "encodeParts('associated', [from, to])",
  };
  const share = {
    file: 'derivations.ts',
    find: "h('commit/share', [t1, dealer, holder, kind, share])",
    replace: "h('commit/share', [dealer, holder, kind, share])",
  };
  assert.equal(await splitView(await brokenBuild(before, channel, data, share)), 'confirmed: ');
});
