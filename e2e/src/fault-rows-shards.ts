// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { sha256Hex } from '@kiban/core';
import { type OutgoingShard, statusOf } from '@kiban/testkit';
import type { FaultRow, Scene } from './fault-scene.ts';

const calm = { members: 4, quorum: 3, graceMs: 20_000 } as const;

function flipped(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[changed.length >> 1]! ^= 0x10;
  return changed;
}

/** A row in which member 2's shard 1 meets this on its way; afterwards it is sent as it is. */
function onTheWay(
  name: string,
  provoked: string,
  disturb: (shard: OutgoingShard, scene: Scene) => Promise<void>,
): FaultRow {
  return {
    name,
    provoked,
    ...calm,
    faults: (scene) => ({
      2: {
        putShard: async (shard) => {
          if (shard.number === 1) await disturb(shard, scene);
          await shard.send();
        },
      },
    }),
  };
}

let corruptions = 0;
const way: FaultRow[] = [
  {
    name: 'a shard is corrupted on its way, twice',
    provoked: 'one bit of the body differs; the node sends the shard again by itself',
    ...calm,
    faults: () => {
      corruptions = 0;
      return {
        2: {
          putShard: async (shard) => {
            const corrupt = shard.number === 1 && corruptions < 2;
            if (corrupt) corruptions += 1;
            await shard.send(corrupt ? { bytes: flipped(shard.bytes) } : {});
          },
        },
      };
    },
  },
  {
    name: 'a shard is corrupted on its way, always',
    provoked: 'one bit of every body differs; the node gives up and is left behind',
    ...calm,
    graceMs: 500,
    faults: () => ({ 2: { putShard: (shard) => shard.send({ bytes: flipped(shard.bytes) }) } }),
    lost: [2],
  },
  onTheWay('a shard is truncated', 'two bytes less than the plan says, announced so', (shard) =>
    assert.rejects(shard.send({ bytes: shard.bytes.subarray(2) }), { code: 'shard-refused', status: 422 }),
  ),
  onTheWay('a shard is longer than the plan says', 'announced with 64 bytes more', async (shard) => {
    const upload = shard.begin({ byteLength: shard.bytes.length + 64 });
    upload.end(Buffer.concat([shard.bytes, Buffer.alloc(64)]));
    await assert.rejects(statusOf(upload), { code: 'shard-refused', status: 422 });
  }),
  onTheWay(
    'a connection is cut in the middle of a shard',
    'half of the body, then the socket is destroyed',
    async (shard, scene) => {
      const upload = shard.begin();
      await new Promise((sent) => upload.write(shard.bytes.subarray(0, shard.bytes.length >> 1), sent));
      upload.destroy();
      assert.equal(scene.coalition.spooled(scene.instance, 1, scene.member(2).organisation, 1), undefined);
    },
  ),
  onTheWay('a shard is repeated', 'the same bytes three times, two of them at once', async (shard) => {
    await Promise.all([shard.send(), shard.send()]);
  }),
  onTheWay('a shard is repeated with other bytes', 'the first ones count, the others are refused', async (shard) => {
    await shard.send();
    const bytes = flipped(shard.bytes);
    await assert.rejects(shard.send({ bytes, sha256: sha256Hex(bytes) }), { code: 'shard-refused', status: 409 });
  }),
  onTheWay(
    'a shard comes in the name of another member',
    'with the key id of member 0 and the signature of member 2',
    async (shard, scene) => {
      const upload = shard.begin({ keyId: scene.member(0).keyId });
      upload.end(shard.bytes);
      await assert.rejects(statusOf(upload), { status: 401 });
    },
  ),
  {
    name: 'shards arrive in another order',
    provoked: 'shard 0 leaves after shard 2 has arrived',
    ...calm,
    faults: (scene) => ({
      2: {
        putShard: async (shard) => {
          if (shard.number === 0) await scene.spooled(2, 2);
          await shard.send();
        },
      },
    }),
  },
  {
    name: 'an upload that broke off is resumed',
    provoked: 'the member vanishes before its last shard and comes back at once: only what the hub lacks is sent',
    ...calm,
    faults: (scene) => ({
      2: {
        putShard: async (shard) => {
          if (shard.number === 2) {
            await Promise.all([scene.spooled(2, 0), scene.spooled(2, 1)]);
            scene.vanish(2);
          }
          await shard.send();
        },
      },
    }),
    meanwhile: async (scene) => {
      await scene.coalition.until(async () => (scene.gone.includes(2) ? true : undefined));
      const sent: number[] = [];
      await scene.run(2, {
        putShard: async (shard) => {
          sent.push(shard.number);
          await shard.send();
        },
      });
      assert.deepEqual(sent, [2]);
    },
  },
];

const damages: Readonly<Record<string, (path: string) => void>> = {
  'one bit differs': (path) => writeFileSync(path, flipped(readFileSync(path))),
  'it is torn': (path) => truncateSync(path, statSync(path).size >> 1),
  'it is gone': (path) => rmSync(path),
};

const disk: FaultRow[] = Object.entries(damages).flatMap(([damage, inflict]): FaultRow[] => [
  {
    name: `a shard on the hub's disk is damaged before its manifest: ${damage}`,
    provoked: 'the hub refuses the manifest, the node sends this one shard again',
    ...calm,
    faults: (scene) => {
      let damaged = false;
      const sent: number[] = [];
      return {
        2: {
          beforeMessage: async (stage) => {
            if (stage !== 'manifest') return;
            if (damaged) assert.deepEqual(sent.slice(3), [1], 'what was sent again');
            else inflict(await scene.spooled(2, 1));
            damaged = true;
          },
          putShard: async (shard) => {
            sent.push(shard.number);
            await shard.send();
          },
        },
      };
    },
  },
  {
    name: `a shard on the hub's disk is damaged after its manifest, before the survivors are fixed: ${damage}`,
    provoked: 'member 0 cannot send it again; nothing is open yet',
    ...calm,
    faults: (scene) => {
      const accepted = Promise.withResolvers<void>();
      return {
        0: {
          afterMessage: (stage) => {
            if (stage === 'manifest') accepted.resolve();
          },
        },
        3: {
          beforeMessage: async (stage) => {
            if (stage !== 'manifest') return;
            await accepted.promise;
            inflict(await scene.spooled(0, 1));
          },
        },
      };
    },
    retried: 'aborted',
  },
  {
    name: `a shard on the hub's disk is damaged after the survivors were fixed: ${damage}`,
    provoked: 'no signature leaves before it is damaged; the sum finds it',
    ...calm,
    faults: (scene) => {
      const inflicted = scene
        .listed('survivors')
        .then(() => scene.spooled(1, 2))
        .then(inflict);
      const beforeMessage = (stage: string) => (stage === 'signature' ? inflicted : undefined);
      return Object.fromEntries([0, 1, 2, 3].map((number) => [number, { beforeMessage }]));
    },
    retried: 'burnt',
  },
  {
    name: `a shard on the hub's disk is found damaged at its next start: ${damage}`,
    provoked: 'the hub stops while member 2 still sends; the shard is damaged; the hub starts',
    ...calm,
    faults: (scene) => {
      let restarted = false;
      return {
        2: {
          putShard: async (shard) => {
            if (shard.number === 2 && !restarted) {
              restarted = true;
              const path = await scene.spooled(2, 0);
              await scene.coalition.hub.stop();
              inflict(path);
              await scene.coalition.startHub();
            }
            await shard.send();
          },
        },
      };
    },
  },
]);

/** Shards corrupted, truncated, repeated, reordered: on their way and on the hub's disk. */
export const shardRows: readonly FaultRow[] = [...way, ...disk];
