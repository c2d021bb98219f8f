// SPDX-License-Identifier: Apache-2.0
import { type PiiAction, type PiiClass, piiClasses } from './classes.ts';
import type { Finding } from './finding.ts';
import { defaultPolicy, type Policy } from './policy.ts';
import { birthYear } from './rules/birth-dates.ts';
import { type SurrogateSource, surrogateFor } from './surrogates.ts';

/** How often each action was taken, by class; `suspect` counts what was left alone. Never a value. */
export type PiiCounts = Readonly<Record<string, Readonly<Partial<Record<PiiAction | 'suspect', number>>>>>;

export interface AppliedFindings {
  /** Undefined where the record must not be used. */
  readonly text: string | undefined;
  readonly counts: PiiCounts;
}

export interface ApplyOptions {
  readonly policy?: Policy;
  /** Without it, surrogates become placeholders. */
  readonly surrogates?: SurrogateSource;
}

/**
 * Acts on what {@link detect} found in the same text: one `drop` drops the record, `mask` puts a typed placeholder such as 〔運転免許証番号〕
 * (of a date of birth the year stays), `surrogate` a fictitious value. Suspects are acted on under strict policies only.
 */
export function applyFindings(text: string, findings: readonly Finding[], options: ApplyOptions = {}): AppliedFindings {
  const policy = options.policy ?? defaultPolicy;
  const counts: Record<string, Partial<Record<PiiAction | 'suspect', number>>> = {};
  const parts: string[] = [];
  let read = 0;
  let dropped = false;
  for (const finding of findings) {
    const acts = !finding.suspect || policy.strictness === 'strict';
    const outcome = acts ? finding.action : 'suspect';
    counts[finding.class] ??= {};
    const row = counts[finding.class]!;
    row[outcome] = (row[outcome] ?? 0) + 1;
    if (outcome === 'drop') dropped = true;
    if (outcome !== 'mask' && outcome !== 'surrogate') continue;
    const value = text.slice(finding.start, finding.end);
    parts.push(text.slice(read, finding.start), replacement(finding, value, outcome, options, policy));
    read = finding.end;
  }
  parts.push(text.slice(read));
  return { text: dropped ? undefined : parts.join(''), counts };
}

function replacement(
  finding: Finding,
  value: string,
  action: 'mask' | 'surrogate',
  options: ApplyOptions,
  policy: Policy,
): string {
  if (action === 'surrogate' && options.surrogates !== undefined) {
    const surrogate = surrogateFor(finding.class, value, options.surrogates);
    if (surrogate !== undefined) return surrogate;
  }
  const year = finding.class === 'birth-date' ? birthYear(value) : undefined;
  const label = labelOf(finding.class, policy);
  return year === undefined ? `〔${label}〕` : `〔${label} ${year}年〕`;
}

function labelOf(name: string, policy: Policy): string {
  if (name in piiClasses) return piiClasses[name as PiiClass].label.ja;
  return policy.patterns.find((pattern) => pattern.class === name)?.label.ja ?? name;
}
