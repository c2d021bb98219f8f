// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '@kiban/core';
import { hubConfigSchema, initialiseHub, type OpenedSum, type RunningHub, startHub } from '@kiban/hub';
import type { AdministrationAddress } from '@kiban/protocol';
import type { AggregationPlan } from '@kiban/secagg';
import { answerCalls } from './process-calls.ts';

// The real hub of a directory; the bench decides only which attempts are opened.

let hub: RunningHub | undefined;

answerCalls({
  async start(directory: string): Promise<AdministrationAddress> {
    await initialiseHub(directory, hubConfigSchema.parse({ coalition: 'bench', listen: { port: 0 } }));
    hub = await startHub(directory, createLogger('hub'));
    return hub.administration;
  },
  open: (plan: AggregationPlan) => hub!.aggregation.open(plan),
  /** Waits for the end of an attempt. */
  async sum({ instance, attempt }: { instance: string; attempt: number }): Promise<OpenedSum> {
    for (;;) {
      const outcome = await hub!.aggregation.outcome(instance, attempt);
      if (outcome.state === 'opened') return outcome.sum;
      if (outcome.state !== 'open') throw new Error(`the attempt was ${outcome.state}: ${outcome.reason}`);
      await delay(20);
    }
  },
  close: ({ instance, attempt }: { instance: string; attempt: number }) => hub!.aggregation.close(instance, attempt),
});
