// SPDX-License-Identifier: Apache-2.0
import { isKibanError, type Logger } from '@kiban/core';
import { currentStage, missingMembers } from '@kiban/secagg';
import type { EventLog } from '@kiban/store-sql';
import type { LiveAttempt } from './live-attempt.ts';
import { requireWholeSpool } from './shard-intake.ts';

/**
 * Whoever made no progress for the plan's grace is left behind, if the quorum is met without them. Else the attempt waits, however long it takes,
 * and nothing is lost: the operator is told once for whom, by the event `members-awaited`.
 */
export async function freezeTheSilent(live: LiveAttempt, events: EventLog, logger: Logger): Promise<void> {
  const stage = currentStage(live.state);
  const missing = missingMembers(live.state);
  if (stage === undefined || missing.length === 0) return;
  if (!missing.every((member) => live.progress.silentForMs(member) > live.plan.graceMs)) return;
  const { instance, attempt, programme } = live.plan;
  try {
    if (stage === 'manifest') await requireWholeSpool(live);
    await live.apply({ type: 'freeze', stage });
  } catch (error) {
    live.progress.beginStage();
    // Somebody answered after all, or the attempt ended.
    if (isKibanError(error) && error.status === 410) return;
    if (!isKibanError(error) || error.code !== 'quorum-missing') {
      logger.error('freeze-failed', error, { instance, attempt, stage });
      return;
    }
    const awaited = `${stage} ${missing.join(' ')}`;
    if (live.toldAwaited === awaited) return;
    live.toldAwaited = awaited;
    await events.record('members-awaited', { instance, attempt, stage, members: missing }, programme);
  }
}
