// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { systemRandom } from '@kiban/core';
import * as attacks from './attacks-that-read.ts';
import { brokenBuild, type Edit } from './broken-build.ts';
import * as product from './coalition-driver.ts';
import type { startMember } from './index.ts';

/**
 * Every way to break this protocol that its tests know of. Each row shows that its attack works on a build with the fault and not on the product;
 * the second table names the tests that show the same for the rest.
 */
type Driver = typeof product;

interface BrokenBuild {
  readonly fault: string;
  readonly edits: readonly Edit[];
  /** Whether the attack gets what it wants. */
  readonly attack: (driver: Driver) => Promise<boolean>;
}

const builds: readonly BrokenBuild[] = [
  {
    fault: 'both kinds of share are given for one peer',
    edits: [
      {
        file: 'member-opening.ts',
        find: 'confirmers.filter((name) => !signed.members.includes(name))',
        replace: 'confirmers',
      },
    ],
    attack: attacks.readsBothKinds,
  },
  {
    fault: 'a member opens twice, for two survivor sets',
    edits: [
      { file: 'member.ts', find: "return refuse('list-differs', list.list);", replace: '' },
      { file: 'member.ts', find: 'awaitedList(state) !== list.list', replace: 'awaitedList(state) === undefined' },
    ],
    attack: attacks.asksTwice,
  },
  {
    fault: 'a survivor list below the quorum is signed',
    edits: [{ file: 'lists.ts', find: 'names.length < least', replace: 'names.length < 0' }],
    attack: attacks.asksForTwoSurvivors,
  },
  {
    fault: 'updates have no own mask, so that an invented dropout opens them',
    edits: [
      {
        file: 'member-masks.ts',
        find: "{ key: ownMaskKey(bytesOf(journalOf(state, 'shared').selfSeed), t3, kind, index), sign: 1 },",
        replace: '',
      },
    ],
    attack: attacks.inventsDropout,
  },
  {
    fault: 'shares pass the hub in clear',
    edits: [
      {
        file: 'member-sharing.ts',
        find: 'const box = sealBox({',
        replace: 'const box = ((input: { plaintext: Uint8Array }) => input.plaintext)({',
      },
      {
        file: 'member-sharing.ts',
        find: 'const plaintext = openBox({',
        replace: 'const plaintext = ((input: { box: Uint8Array }) => input.box)({',
      },
    ],
    attack: attacks.readsPassingShares,
  },
  {
    fault: 'the commitment to an update has no salt',
    edits: [
      {
        file: 'member.ts',
        find: 'const salt = encodeBase64(state.dependencies.random.bytes(32));',
        replace: 'const salt = encodeBase64(new Uint8Array(32));',
      },
    ],
    attack: attacks.testsGuesses,
  },
  {
    fault: 'the loss goes out beside the masks',
    edits: [
      {
        file: 'messages.ts',
        find: '    update: bytesOf(32),\n',
        replace: '    update: bytesOf(32),\n    loss: z.number(),\n',
      },
      {
        file: 'member.ts',
        find: '      words: state.plan.wordCount,\n',
        replace: '      words: state.plan.wordCount,\n      loss: updated.scalars[0],\n',
      },
    ],
    attack: attacks.findsLoss,
  },
  {
    fault: 'scalars go out unmasked',
    edits: [
      {
        file: 'member.ts',
        find: 'encodeBase64(maskScalars(state))',
        replace: 'encodeBase64(new Uint8Array(Int32Array.from(updated.scalars).buffer))',
      },
    ],
    attack: attacks.findsLoss,
  },
  {
    fault: 'a member that joins a next attempt keeps the last one',
    edits: [
      {
        file: 'member.ts',
        find: "erased.map((number) => ({ type: 'erase', attempt: number }))",
        replace: "erased.slice(erased.length)\n.map((number) => ({ type: 'erase', attempt: number }))",
      },
    ],
    attack: attacks.returnsToEarlierAttempt,
  },
  {
    fault: 'the base of a plan is not held against the approved one',
    edits: [
      {
        file: 'plan-check.ts',
        find: 'plan.baseDigest === (limits.baseDigest ?? plan.baseDigest)',
        replace: 'true',
      },
    ],
    attack: async (driver) => {
      const coalition = new driver.Coalition({ memberCount: 3, wordCount: 8 });
      const { organisation, key, machine } = coalition.parties[0]!;
      const start: typeof startMember = machine.startMember;
      const step = start({
        planText: coalition.planText,
        hubPublicKey: coalition.hubKey.verifyKey,
        identity: { organisation, signKey: key },
        random: systemRandom,
        marks: [],
        limits: { baseDigest: 'f'.repeat(64) },
      });
      return step.ok;
    },
  },
  {
    fault: 'levels of all members together may exceed the ring',
    edits: [{ file: 'plan-check.ts', find: 'fitsRing(memberCount, plan.levelLimit, plan.bits)', replace: 'true' }],
    attack: async ({ Coalition }) =>
      opensWrongSum(new Coalition({ memberCount: 3, wordCount: 32, bits: 8, levelLimit: 127 })),
  },
  {
    fault: 'scalars above 2^22 are rounded in 32-bit floats',
    edits: [
      { file: 'member.ts', find: '? (scalars[name] as number) :', replace: '? Math.fround(scalars[name] as number) :' },
    ],
    attack: ({ Coalition }) => opensWrongScalar(new Coalition(largeScalar)),
  },
  {
    fault: 'masked scalars are added in 32-bit floats',
    edits: [
      {
        file: 'hub-sums.ts',
        find: 'total[index]! += bytes.readUInt32LE(4 * index);',
        replace: 'total[index] = Math.fround(total[index]! + bytes.readUInt32LE(4 * index));',
      },
    ],
    attack: ({ Coalition }) => opensWrongScalar(new Coalition(largeScalar)),
  },
];

for (const { fault, edits, attack } of builds)
  test(`broken build: ${fault}; the attack works there and not on the product`, async () => {
    assert.equal(await attack(product), false);
    assert.equal(await attack(await brokenBuild(...edits)), true);
  });

const largeScalar: product.CoalitionOptions = {
  memberCount: 3,
  wordCount: 8,
  scalars: [{ name: 'energy', bound: 2 ** 24, scale: 1 }],
};

async function opensWrongSum(coalition: product.Coalition): Promise<boolean> {
  const { opened, sum, survivors } = await coalition.run();
  return opened && sum.join() !== coalition.plainSum(survivors).join();
}

async function opensWrongScalar(coalition: product.Coalition): Promise<boolean> {
  const values = coalition.parties.map((_, place) => 2 ** 22 + 3 * place + 0.3);
  coalition.scalarOf = (party) => values[coalition.parties.indexOf(party)]!;
  const { opened, scalars } = await coalition.run();
  return opened && scalars.energy?.sum !== values.reduce((sum, value) => sum + Math.round(value), 0);
}

/** Faults whose attack and control are a test of their own: file beside this one (or in another package), and how the test's title begins. */
const shownElsewhere: readonly (readonly [fault: string, file: string, title: string])[] = [
  ['a signature is not verified: swapped key', 'attacks-on-lists.test.ts', "a peer's key that the hub swapped"],
  ['a message of another attempt counts: stale key', 'attacks-on-lists.test.ts', "a peer's key of an earlier attempt"],
  ['lists may differ: split view', 'attacks-on-lists.test.ts', 'members who were shown different key lists'],
  ['a list may name whom the list before did not', 'attacks-on-lists.test.ts', 'a survivor that did not confirm'],
  ['a second survivor set is signed', 'attacks-on-lists.test.ts', 'a member signs one survivor set'],
  ['anybody may sign for the hub', 'attacks-on-lists.test.ts', 'a list that somebody else than the hub signed'],
  ['a survivor set out of order is signed', 'member.test.ts', 'with a witness, a survivor set is signed only'],
  ['shares leave before t signatures', 'attacks-on-openings.test.ts', 'no share leaves before t distinct members'],
  ['a share message is replayed', 'attacks-by-members.test.ts', 'a share message of another attempt is refused'],
  ['associated data and tag of a part are skipped', 'attacks-by-members.test.ts', 'a sealed part that the hub hands'],
  ['a share is not held against its commitment', 'attacks-by-members.test.ts', 'a share that is not the committed one'],
  ['a combined secret is not checked', 'attacks-by-members.test.ts', 'a dealer that committed to another secret'],
  ['secrets in messages', 'attacks-by-members.test.ts', 'nothing a member keeps secret is in what it sends'],
  ['streams are used twice', 'attacks-on-streams.test.ts', 'no mask stream hides two things'],
  ['a shard is summed before its manifest', 'hub.test.ts', 'a manifest counts only with exactly the shards'],
  ['a chunk is masked at a wrong offset', 'mask-streams.test.ts', 'streams that start anew in every shard'],
  [
    'levels are clamped before the noise',
    '../../tensor/src/block-quantiser.test.ts',
    'a level at the limit never leaves it',
  ],
  ['pair masks do not cancel', 'scheduling.test.ts', 'the same check finds pair masks that do not cancel'],
];

for (const [fault, file, title] of shownElsewhere)
  test(`broken build: ${fault} (shown in ${file})`, () => {
    const source = readFileSync(new URL(file, import.meta.url), 'utf8');
    const [, after] = source.split(new RegExp(`^test\\((['"])${title}`, 'm').exec(source)?.[0] ?? '\0');
    assert.ok(after !== undefined, `${file} has no test "${title}..."`);
    const body = after.slice(0, after.indexOf('\n});'));
    assert.match(body, /brokenBuild\(|clampedBeforeNoise/);
  });
