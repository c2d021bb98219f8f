// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenBuild } from './broken-build.ts';
import * as product from './coalition-driver.ts';

import { answerTo, forgedList, readBody, resigned } from './forged-lists.ts';

type Driver = typeof product;

test('per peer of U3 an opening holds one kind of share, never both', async () => {
  const holdsBoth = async ({ Coalition }: Driver): Promise<boolean> => {
    const coalition = new Coalition({ memberCount: 5, wordCount: 8, lost: new Map([[3, 'manifest']]) });
    await coalition.run();
    const openings = coalition.sent.filter((one) => one.stage === 'opening').map((one) => readBody(one.text));
    assert.ok(openings.length >= 4);
    return openings.some((body) => {
      const self = (body.self as { of: string }[]).map((entry) => entry.of);
      return (body.box as { of: string }[]).some((entry) => self.includes(entry.of));
    });
  };
  assert.equal(await holdsBoth(product), false);
  const broken = await brokenBuild({
    file: 'member-opening.ts',
    find: 'confirmers.filter((name) => !signed.members.includes(name))',
    replace: 'confirmers',
  });
  assert.equal(await holdsBoth(broken), true);
});

const threshold = {
  file: 'member-opening.ts',
  find: 'signers.length < plan.threshold',
  replace: 'signers.length < 0',
};
const quorum = { file: 'lists.ts', find: 'names.length < least', replace: 'names.length < 0' };
const signature = {
  file: 'envelope.ts',
  find: "signature === undefined || !verifyBytes(key, h('sign', [kind, envelope.body]), signature)",
  replace: 'signature === undefined',
};

test('no share leaves before t distinct members signed the survivor set', async () => {
  const tooFew = async ({ Coalition }: Driver): Promise<string> => {
    const coalition = new Coalition({ memberCount: 5, wordCount: 8, heldList: 'signatures' });
    await coalition.run();
    const party = coalition.parties[4]!;
    const text = forgedList(coalition, party, ({ members }) => ({ members: members.slice(1) }));
    const answer = await answerTo(coalition, party, 'signatures', text);
    assert.equal(coalition.parties[4]!.state?.phase, answer === 'accepted' ? 'released' : 'signed');
    return answer;
  };
  assert.equal(await tooFew(product), 'signatures-too-few');
  assert.equal(await tooFew(await brokenBuild(threshold)), 'accepted');

  const twice = async ({ Coalition }: Driver): Promise<string> => {
    const coalition = new Coalition({ memberCount: 5, wordCount: 8, heldList: 'signatures' });
    await coalition.run();
    const party = coalition.parties[4]!;
    const text = forgedList(coalition, party, ({ members }) => ({ members: [members[0], ...members.slice(0, 3)] }));
    return answerTo(coalition, party, 'signatures', text);
  };
  assert.equal(await twice(product), 'list-malformed');
  const repeats = {
    file: 'lists.ts',
    find: 'place > 0 && index <= (indices[place - 1] as number)',
    replace: 'place < 0',
  };
  assert.equal(await twice(await brokenBuild(repeats)), 'accepted');

  const forged = async ({ Coalition }: Driver): Promise<string> => {
    const coalition = new Coalition({ memberCount: 5, wordCount: 8, heldList: 'signatures' });
    await coalition.run();
    const party = coalition.parties[4]!;
    const text = forgedList(coalition, party, ({ members }) => ({
      members: members.map((entry, place) =>
        place > 0 ? entry : { ...entry, message: resigned(entry.message, 'signature', coalition.hubKey) },
      ),
    }));
    return answerTo(coalition, party, 'signatures', text);
  };
  assert.equal(await forged(product), 'message-signature-wrong');
  assert.equal(await forged(await brokenBuild(signature)), 'accepted');
});

for (const list of ['confirms', 'survivors'] as const) {
  test(`a ${list} list below the quorum is refused`, async () => {
    const belowQuorum = async ({ Coalition }: Driver): Promise<string> => {
      const coalition = new Coalition({ memberCount: 5, wordCount: 8, heldList: list });
      await coalition.run();
      const party = coalition.parties[0]!;
      const text = forgedList(coalition, party, ({ members }) => ({ members: members.slice(0, 3) }));
      return answerTo(coalition, party, list, text);
    };
    assert.equal(await belowQuorum(product), 'list-below-quorum');
    assert.equal(await belowQuorum(await brokenBuild(quorum)), 'accepted');
  });
}
