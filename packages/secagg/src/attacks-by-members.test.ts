// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenBuild, type Edit } from './broken-build.ts';
import * as product from './coalition-driver.ts';
import { answerTo, forgedList } from './forged-lists.ts';

type Driver = typeof product;

/** Member 1 of five runs a build that cheats; everybody else, and the hub, the given one. */
async function withCheater({ Coalition }: Driver, ...edits: Edit[]): Promise<product.Coalition> {
  const { memberMachine } = await brokenBuild(...edits);
  const coalition = new Coalition({ memberCount: 5, wordCount: 33, builds: new Map([[1, memberMachine]]) });
  await coalition.run();
  return coalition;
}

const wrongShare = {
  file: 'member-sharing.ts',
  find: 'plaintext: Buffer.concat([selfShares[place] as Uint8Array, boxShares[place] as Uint8Array])',
  replace:
    'plaintext: Buffer.concat([(selfShares[place] as Uint8Array).map((byte) => byte ^ 1), boxShares[place] as Uint8Array])',
};
const shareCheckAtMember = {
  file: 'member-sharing.ts',
  find: "!sameBytes(shareCommitment('self', t1, from, index, selfShare), committed.self)",
  replace: 'false',
};

test('a share that is not the committed one is named by its receiver, and the attempt ends unburnt', async () => {
  const { outcome } = await withCheater(product, wrongShare);
  assert.equal(outcome.opened, false);
  assert.equal(outcome.abort?.code, 'share-wrong');
  assert.equal(outcome.abort?.burnt, false);
  assert.equal(outcome.abort?.names[1], 'birch');
  const unchecked = await withCheater(await brokenBuild(shareCheckAtMember), wrongShare);
  assert.notEqual(unchecked.outcome.abort?.code, 'share-wrong');
});

test('a part that does not open is named by its receiver', async () => {
  const { outcome } = await withCheater(product, {
    file: 'member-sharing.ts',
    find: 'associatedData: associatedData(t1, index, to)',
    replace: 'associatedData: associatedData(t1, to, index)',
  });
  assert.equal(outcome.abort?.code, 'part-unreadable');
  assert.equal(outcome.abort?.names[1], 'birch');
});

const shareCheckAtHub = {
  file: 'hub-messages.ts',
  find: '!sameBytes(shareCommitment(kind, t1, dealer, holder, share), committed[kind])',
  replace: 'false',
};
const secretCheckAtHub = {
  file: 'hub-opening.ts',
  find: 'combined.ok && sameBytes(secretCommitment(kind, t1, index, combined.secret), committed)',
  replace: 'combined.ok',
};
const corruptedOpening = {
  file: 'member-opening.ts',
  find: 'share: shareOf(state, of).self',
  replace: "share: shareOf(state, of).self.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))",
};

test('a corrupted share in an opening is refused by name, and the sum opens from the others', async () => {
  const coalition = await withCheater(product, corruptedOpening);
  assert.ok(coalition.outcome.opened);
  assert.deepEqual(coalition.outcome.sum, coalition.plainSum(coalition.outcome.survivors));
  const refusal = coalition.hubRefusals.find((one) => one.code === 'share-wrong');
  assert.deepEqual(refusal?.names, ['birch']);
  // Without both checks at the hub the sum is garbage: the comparison with the plain sum sees it.
  const blind = await withCheater(await brokenBuild(shareCheckAtHub, secretCheckAtHub), corruptedOpening);
  assert.ok(blind.outcome.opened);
  assert.notDeepEqual(blind.outcome.sum, blind.plainSum(blind.outcome.survivors));
  // With the commitment to the secret alone, other subsets of shares are tried.
  const retrying = await withCheater(await brokenBuild(shareCheckAtHub), corruptedOpening);
  assert.deepEqual(retrying.outcome.sum, retrying.plainSum(retrying.outcome.survivors));
});

test('a dealer that committed to another secret than it shared is named, and nothing opens', async () => {
  const otherSecret = {
    file: 'member-sharing.ts',
    find: "secretCommitment('self', t1, index, selfSeed)",
    replace: "secretCommitment('self', t1, index, boxKey)",
  };
  const { outcome } = await withCheater(product, otherSecret);
  assert.equal(outcome.opened, false);
  assert.deepEqual(outcome.abort, { type: 'abort', code: 'secret-unrecoverable', names: ['birch'], burnt: true });
  const blind = await withCheater(await brokenBuild(secretCheckAtHub), otherSecret);
  assert.ok(blind.outcome.opened);
});

test('two ends that commit to different pair secrets end the attempt before anything is masked', async () => {
  const otherPair = {
    file: 'member-sharing.ts',
    find: 'commitment: encodeBase64(commitmentWith(state, t2, pair.with, bytesOf(pair.secret)))',
    replace: 'commitment: encodeBase64(commitmentWith(state, t2, pair.with, t2))',
  };
  const { outcome, sent } = await withCheater(product, otherPair);
  assert.equal(outcome.abort?.code, 'pair-disagrees');
  assert.ok(outcome.abort?.names.includes('birch' as never));
  assert.equal(sent.filter((one) => one.stage === 'manifest').length, 0);
});

test('a share message of another attempt is refused by the hub and by the members', async () => {
  const replayed = async ({ Coalition }: Driver): Promise<string> => {
    const old = new Coalition({ memberCount: 3, wordCount: 8, heldList: 'confirms' });
    await old.run();
    const stale = old.sent.find((one) => one.from === 'birch' && one.stage === 'share')!;
    const now = new Coalition({ memberCount: 3, wordCount: 8, attempt: 2, heldList: 'shares' });
    await now.run();
    const { header, parts } = JSON.parse(stale.text) as { header: string; parts: { to: string; part: object }[] };
    const text = forgedList(now, now.parties[0]!, ({ members }) => ({
      members: members.map((entry, place) =>
        place !== 1 ? entry : { ...entry, message: header, part: parts.find(({ to }) => to === 'alder')!.part },
      ),
    }));
    const answer = await answerTo(now, now.parties[0]!, 'shares', text);
    return answer === 'accepted' ? `${answer}: ${now.parties[0]!.state?.phase}` : answer;
  };
  assert.equal(await replayed(product), 'message-misdirected');
  // Even unchecked the old part does not open under the new transcript: an honest member would stand accused.
  const unchecked = await brokenBuild(
    { file: 'messages.ts', find: 'parsed.plan !== attempt.planDigest', replace: 'false' },
    { file: 'messages.ts', find: 'before !== undefined && parsed.before !== toHex(before)', replace: 'false' },
  );
  assert.equal(await replayed(unchecked), 'accepted: stopped');
});

test('a sealed part that the hub hands to another member is refused, and behind that check stand two more', async () => {
  const handsOn = async ({ Coalition }: Driver): Promise<string> => {
    const coalition = new Coalition({ memberCount: 3, wordCount: 8, heldList: 'shares' });
    await coalition.run();
    const [alder, birch, cedar] = coalition.parties as [product.Party, product.Party, product.Party];
    const { parts } = JSON.parse(birch.state!.sent.share!) as { parts: { to: string; part: object }[] };
    const { part } = parts.find(({ to }) => to === cedar.organisation)!;
    const text = forgedList(coalition, alder, ({ members }) => ({
      members: members.map((entry) => (entry.organisation === birch.organisation ? { ...entry, part } : entry)),
    }));
    const answer = await answerTo(coalition, alder, 'shares', text);
    return answer === 'accepted' ? `${alder.state!.phase} ${alder.state!.stopCode}`.trim() : answer;
  };
  const digest = {
    file: 'member-sharing.ts',
    find: 'header.parts.find((entry) => entry.to === self)?.sha256 !== partDigest(part)',
    replace: 'false',
  };
  const tag = {
    file: 'member-sharing.ts',
    find: 'const plaintext = openBox({',
    replace: `const plaintext = ((input: { key: Uint8Array; box: Uint8Array }): Uint8Array =>
      process.getBuiltinModule('node:crypto').createDecipheriv('aes-256-gcm', input.key, input.box.subarray(0, 12))
        .update(input.box.subarray(12, -16)))({`,
  };
  const commitment = {
    file: 'member-sharing.ts',
    find: "!sameBytes(shareCommitment('self', t1, from, index, selfShare), committed.self) ||",
    replace: 'false &&',
  };
  assert.equal(await handsOn(product), 'list-malformed');
  assert.equal(await handsOn(await brokenBuild(digest)), 'stopped part-unreadable');
  assert.equal(await handsOn(await brokenBuild(digest, tag)), 'stopped share-wrong');
  // With all three gone the member takes garbage for birch's shares.
  assert.equal(await handsOn(await brokenBuild(digest, tag, commitment)), 'confirmed');
});

test('nothing a member keeps secret is in what it sends before the opening', async () => {
  const leaks = async (driver: Driver): Promise<string[]> => {
    const coalition = new driver.Coalition({ memberCount: 3, wordCount: 8, heldList: 'survivors' });
    await coalition.run();
    const secrets = coalition.parties.flatMap(({ written }) => written.flatMap(secretsOf));
    assert.ok(secrets.length > 30);
    return coalition.sent
      .filter(({ text }) => secrets.some((secret) => text.includes(secret)))
      .map(({ stage }) => stage);
  };
  assert.deepEqual(await leaks(product), []);
  const bare = await brokenBuild({
    file: 'member-sharing.ts',
    find: 'commitment: encodeBase64(commitmentWith(state, t2, pair.with, bytesOf(pair.secret)))',
    replace: 'commitment: pair.secret',
  });
  assert.ok((await leaks(bare)).includes('confirm'));
});

/** Seeds, keys, shares and pair secrets of a record, as the base64 texts they are kept in. */
function secretsOf(record: string): string[] {
  const value = JSON.parse(record) as Record<string, unknown>;
  const named = ['x25519Seed', 'mlKemSeed', 'selfSeed', 'boxKey', 'salt'].flatMap(
    (name) => value[name] ?? [],
  ) as string[];
  const own = Object.values((value.ownShares ?? {}) as Record<string, string>);
  const shares = ((value.shares ?? []) as { shares?: Record<string, string> }[]).flatMap((one) =>
    Object.values(one.shares ?? {}),
  );
  const pairs = ((value.pairs ?? []) as { secret: string }[]).map((one) => one.secret);
  const kems = ((value.peers ?? []) as { encapsulated: string }[]).map((one) => one.encapsulated);
  return [...named, ...own, ...shares, ...pairs, ...kems].filter((text) => text.length >= 40);
}
