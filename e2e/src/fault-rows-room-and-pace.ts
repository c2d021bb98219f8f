// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isKibanError } from '@kiban/core';
import { fillDisk, statusOf } from '@kiban/testkit';
import { aMoment, type FaultRow } from './fault-scene.ts';

const calm = { members: 4, quorum: 3, graceMs: 20_000 } as const;

/** The disk of the hub or of a member is full during or after a write of the attempt. */
export const diskFullRows: readonly FaultRow[] = [
  {
    name: "the hub's disk is full while a shard is written",
    provoked: 'writes below its spool fail with ENOSPC until one upload was refused',
    ...calm,
    faults: (scene) => {
      const { organisation } = scene.member(1);
      const makeRoom = fillDisk((path) => path.includes(`/spool/${scene.instance}/1/${organisation}/`));
      return {
        1: {
          putShard: async (shard) => {
            try {
              await shard.send();
            } catch (error) {
              assert.ok(isKibanError(error) && error.code === 'disk-full' && error.retryable, String(error));
              makeRoom();
              throw error;
            }
          },
        },
      };
    },
  },
  {
    name: "the hub's disk is full at a record of its journal",
    provoked: 'writes of the journal fail with ENOSPC for a moment, in the middle of the stage of shares',
    ...calm,
    faults: (scene) => {
      let filled = false;
      const journal = `/hub/aggregation/journals/${scene.instance}.1.journal`;
      return {
        1: {
          beforeMessage: async (stage) => {
            if (stage !== 'share' || filled) return;
            filled = true;
            setTimeout(
              fillDisk((path) => path.endsWith(journal)),
              300,
            );
          },
        },
      };
    },
  },
  {
    name: "a member's disk is full at a record of its journal",
    provoked: 'writes of the journal fail with ENOSPC for a moment, before its confirmation',
    ...calm,
    faults: (scene) => {
      let filled = false;
      const journal = `/${scene.member(3).organisation}/journals/${scene.instance}.1.journal`;
      return {
        3: {
          beforeMessage: async (stage) => {
            if (stage !== 'share' || filled) return;
            filled = true;
            setTimeout(
              fillDisk((path) => path.endsWith(journal)),
              600,
            );
          },
        },
      };
    },
  },
  {
    name: "the hub's disk is full while the sum is written",
    provoked: 'the file that the sum is written to is /dev/full until the first try has failed',
    ...calm,
    faults: (scene) => {
      const sum = join(scene.coalition.directory, 'hub', 'aggregation', 'spool', scene.instance, '1', 'sum.tmp');
      const filled = scene.listed('survivors').then(() => symlinkSync('/dev/full', sum));
      const beforeMessage = (stage: string) => (stage === 'signature' ? filled : undefined);
      void scene.coalition
        .event('list-published', { instance: scene.instance, list: 'signatures' })
        .then(aMoment)
        .then(() => rmSync(sum));
      return Object.fromEntries([0, 1, 2, 3].map((number) => [number, { beforeMessage }]));
    },
  },
];

/** Slow and stalled uploads, judged by progress. */
export const paceRows: readonly FaultRow[] = [
  {
    name: 'an upload is slow: it takes three times the grace, and bytes keep coming',
    provoked: 'one shard in forty pieces, one every 120 ms',
    ...calm,
    graceMs: 1_500,
    faults: () => ({
      3: {
        putShard: async (shard) => {
          if (shard.number !== 1) return shard.send();
          const upload = shard.begin();
          const status = statusOf(upload);
          const piece = Math.ceil(shard.bytes.length / 40);
          for (let from = 0; from < shard.bytes.length; from += piece) {
            upload.write(shard.bytes.subarray(from, from + piece));
            await delay(120);
          }
          upload.end();
          assert.equal(await status, 201);
        },
      },
    }),
  },
  {
    name: 'an upload stalls: no byte for longer than the grace',
    provoked: 'half of a shard, then nothing, on an open connection',
    ...calm,
    graceMs: 700,
    faults: (scene) => ({
      3: {
        putShard: async (shard) => {
          if (shard.number !== 1) return shard.send();
          const upload = shard.begin();
          upload.write(shard.bytes.subarray(0, shard.bytes.length >> 1));
          await scene.over;
          upload.destroy();
          scene.vanish(3);
        },
      },
    }),
    lost: [3],
  },
  {
    name: 'a member trains without an end and says nothing',
    provoked: 'its update never comes',
    ...calm,
    graceMs: 700,
    faults: (scene) => ({
      0: {
        whileTraining: async () => {
          await scene.over;
          scene.vanish(0);
        },
      },
    }),
    lost: [0],
  },
];
