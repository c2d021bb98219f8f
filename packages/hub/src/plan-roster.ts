// SPDX-License-Identifier: Apache-2.0
import type { AggregationPlan } from '@kiban/secagg';
import type { RunPlan } from '@kiban/training';
import type { Members } from './members.ts';

/** The participants with their keys, in the order that plans of secure aggregation have. */
export async function rosterOf(plan: RunPlan, members: Pick<Members, 'list'>): Promise<AggregationPlan['roster']> {
  const known = await members.list();
  return [...plan.participants]
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((organisation) => ({
      organisation,
      roundPublicKey: known.find((member) => member.organisation === organisation)!.roundKey,
    }));
}
