// SPDX-License-Identifier: Apache-2.0
import { type MemberFaults, shardCount } from '@kiban/testkit';
import type { FaultRow, Scene } from './fault-scene.ts';

/** Every moment at which a member can be lost, in order: before a message, in training, before a shard. */
export const dropoutMoments = [
  'advertise',
  'share',
  'confirm',
  'train',
  ...Array.from({ length: shardCount }, (_, shard) => `shard ${shard}` as const),
  'manifest',
  'signature',
  'opening',
] as const;
type DropoutMoment = (typeof dropoutMoments)[number];

/** From its manifest on a member's vector counts, whatever becomes of it. */
const counts = (moment: DropoutMoment) => moment === 'signature' || moment === 'opening';

/** The member vanishes at the moment, for good or until the scene brings it back. */
function vanishingAt(scene: Scene, number: number, moment: DropoutMoment): MemberFaults {
  return {
    beforeMessage: (stage) => {
      if (stage === moment) scene.vanish(number);
    },
    whileTraining: () => {
      if (moment === 'train') scene.vanish(number);
    },
    putShard: async (shard) => {
      if (`shard ${shard.number}` === moment) scene.vanish(number);
      await shard.send();
    },
  };
}

const one: FaultRow[] = dropoutMoments.flatMap((moment) =>
  [0, 1, 2, 3].map(
    (number): FaultRow => ({
      name: `member ${number} of 4 is lost before ${moment}`,
      provoked: 'its task ends at once; it comes back when all is over',
      members: 4,
      quorum: 3,
      // Nobody waits for a survivor: enough others sign and open.
      graceMs: counts(moment) ? 20_000 : 500,
      faults: (scene) => ({ [number]: vanishingAt(scene, number, moment) }),
      lost: counts(moment) ? [] : [number],
    }),
  ),
);

const two: FaultRow[] = (
  [
    ['advertise', 'opening'],
    ['confirm', 'shard 1'],
    ['train', 'signature'],
    ['manifest', 'manifest'],
  ] as const
).map(([first, second]) => ({
  name: `of 7, member 1 is lost before ${first} and member 5 before ${second}`,
  provoked: 'both tasks end at once; quorum and threshold are five',
  members: 7,
  quorum: 5,
  // Long enough that nobody else falls silent on a busy machine: with three lost the attempt would wait.
  graceMs: 2_000,
  faults: (scene) => ({ 1: vanishingAt(scene, 1, first), 5: vanishingAt(scene, 5, second) }),
  lost: [...(counts(first) ? [] : [1]), ...(counts(second) ? [] : [5])],
}));

const stageOfMoment = (moment: DropoutMoment) => (/^(train|shard)/.test(moment) ? 'manifest' : moment);

const below: FaultRow[] = (
  ['advertise', 'share', 'confirm', 'train', 'shard 1', 'manifest', 'signature', 'opening'] as const
).map((moment) => ({
  name: `of 4, two are lost before ${moment}: below the quorum the attempt waits until they are back`,
  provoked: 'both come back once the hub has told its operator whom it waits for',
  members: 4,
  quorum: 3,
  // Long enough that on a busy machine nobody who is there is left behind before.
  graceMs: counts(moment) ? 3_000 : 1_000,
  faults: (scene) => ({ 1: vanishingAt(scene, 1, moment), 3: vanishingAt(scene, 3, moment) }),
  meanwhile: async (scene) => {
    await scene.awaited(stageOfMoment(moment));
    await Promise.all([scene.run(1), scene.run(3)]);
  },
}));

const fiveBelow: FaultRow = {
  name: 'of 5, two are lost before manifest and one comes back: the quorum of four is there again',
  provoked: 'the other one stays away until all is over',
  members: 5,
  quorum: 4,
  graceMs: 700,
  faults: (scene) => ({ 0: vanishingAt(scene, 0, 'manifest'), 4: vanishingAt(scene, 4, 'manifest') }),
  meanwhile: async (scene) => {
    await scene.awaited('manifest');
    await scene.run(4);
  },
  lost: [0],
};

const givenUp: FaultRow[] = (
  [
    ['manifest', 'aborted'],
    ['signature', 'burnt'],
  ] as const
).map(([moment, retried]) => ({
  name: `of 4, two are lost before ${moment} and the attempt is given up`,
  provoked: 'the hub abandons it once it has waited',
  members: 4,
  quorum: 3,
  graceMs: 500,
  faults: (scene) => ({ 0: vanishingAt(scene, 0, moment), 2: vanishingAt(scene, 2, moment) }),
  meanwhile: async (scene) => {
    await scene.awaited(moment);
    await scene.coalition.hub.aggregation.abandon(scene.instance, 1, 'operator-gave-up');
  },
  retried,
}));

/** A dropout of any member at any stage; two at once; below the quorum. */
export const dropoutRows: readonly FaultRow[] = [
  // Rows of seven lie apart, so that one coalition of seven serves them all.
  ...one.flatMap((row, index) => (index % 10 === 0 ? [...two.slice(index / 10, index / 10 + 1), row] : [row])),
  ...below,
  fiveBelow,
  ...givenUp,
];
