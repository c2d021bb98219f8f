// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Sha256Digest, sha256Hex } from '@kiban/core';
import { type SigningKey, type VerifyKey, verifyKeyFromSpki } from '@kiban/crypto';
import { openEnvelope, parseCanonical, signEnvelope } from './envelope.ts';
import { type AggregationPlan, aggregationPlanSchema } from './plan.ts';
import { type Refusal, Refused, refuse } from './refusal.ts';

const codes = { malformed: 'plan-malformed', signature: 'plan-signature-wrong' } as const;

export type PlanReading =
  | { readonly ok: true; readonly plan: AggregationPlan; readonly digest: Sha256Digest }
  | { readonly ok: false; readonly refusal: Refusal };

/** The plan as the hub publishes it: canonical JSON `{body, signature}`. Members are put in order of their ids. */
export function signPlan(plan: AggregationPlan, hubKey: SigningKey): string {
  const roster = [...plan.roster].sort((a, b) => compareOrganisations(a.organisation, b.organisation));
  return signEnvelope('plan', { ...plan, roster }, hubKey);
}

/** Checks the hub's signature and the form. Whether the plan is sound says `checkPlan`. */
export function readPlan(text: string, hubPublicKey: VerifyKey | string): PlanReading {
  try {
    const { plan, digest } = openPlan(text, asVerifyKey(hubPublicKey));
    return { ok: true, plan, digest };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    throw error;
  }
}

/** P: SHA-256 of the signed body's bytes. Undefined when the text is no plan; the signature is not checked here. */
export function planDigest(text: string): Sha256Digest | undefined {
  try {
    const body = (JSON.parse(text) as { body?: unknown } | null)?.body;
    return typeof body === 'string' ? sha256Hex(body) : undefined;
  } catch {
    return undefined;
  }
}

export function openPlan(text: string, hubKey: VerifyKey): { plan: AggregationPlan; digest: Sha256Digest } {
  const body = openEnvelope('plan', text, hubKey, codes);
  const plan = parseCanonical(aggregationPlanSchema, body, codes.malformed);
  // A default filled in on reading would make two readers of one digest disagree.
  if (canonicalJson(plan) !== body) refuse(codes.malformed, 'scalars');
  return { plan, digest: sha256Hex(body) };
}

/** UTF-8 byte order, which numbers the members. */
export function compareOrganisations(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function asVerifyKey(key: VerifyKey | string): VerifyKey {
  return typeof key === 'string' ? verifyKeyFromSpki(key) : key;
}
