// SPDX-License-Identifier: Apache-2.0
import { mkdir, statfs } from 'node:fs/promises';
import { KibanError } from '@kiban/core';
import type { AggregationPlan } from '@kiban/secagg';

/** Bytes that one attempt can take: every member's masked words and the sum, and a tenth more. */
export function spoolBytes(plan: Pick<AggregationPlan, 'roster' | 'wordCount' | 'bits'>): number {
  return Math.ceil((plan.roster.length + 1) * plan.wordCount * (plan.bits / 8) * 1.1);
}

/**
 * Looked at before a plan is published: a disk that fills while members upload would cost them the round.
 * @throws KibanError `spool-too-small` (507, retryable) when the disk of `directory` has less than {@link spoolBytes} left
 */
export async function requireSpoolSpace(
  directory: string,
  plan: Pick<AggregationPlan, 'roster' | 'wordCount' | 'bits'>,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { bavail, bsize } = await statfs(directory);
  const needed = spoolBytes(plan);
  const free = bavail * bsize;
  if (free >= needed) return;
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
  throw new KibanError({
    code: 'spool-too-small',
    status: 507,
    title: { ja: '集約用のディスクが足りません', en: 'The disk is too small for the round' },
    detail: {
      ja: `${directory} には ${gigabytes(needed)} GB が要りますが、空きは ${gigabytes(free)} GB です。空きを作ると、ラウンドはそのまま始まります。`,
      en: `${directory} needs ${gigabytes(needed)} GB, ${gigabytes(free)} GB are free. The round begins by itself once there is room.`,
    },
    retryable: true,
  });
}
