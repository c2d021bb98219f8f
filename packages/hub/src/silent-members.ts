// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '@kiban/core';
import { currentStage, missingMembers } from '@kiban/secagg';
import type { LiveAttempt } from './live-attempt.ts';

/** Whoever made no progress for the plan's grace is left behind, if the quorum is met without them; else the round waits, and nothing is lost. */
export async function freezeTheSilent(live: LiveAttempt, logger: Logger): Promise<void> {
  const stage = currentStage(live.state);
  const missing = missingMembers(live.state);
  if (stage === undefined || missing.length === 0) return;
  if (!missing.every((member) => live.progress.silentForMs(member) > live.plan.graceMs)) return;
  await live.apply({ type: 'freeze', stage }).catch((error: unknown) => {
    live.progress.beginStage();
    logger.warn('members-awaited', {
      instance: live.plan.instance,
      attempt: live.plan.attempt,
      stage,
      count: missing.length,
      code: String((error as { code?: unknown }).code ?? 'unknown'),
    });
  });
}
