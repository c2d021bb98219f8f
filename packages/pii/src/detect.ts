// SPDX-License-Identifier: Apache-2.0
import { piiShadow, type Shadow, sourceSpan } from '@kiban/japanese';
import { type PiiClass, piiClasses } from './classes.ts';
import { farAway, readContext } from './context.ts';
import { DigitGroups } from './digit-groups.ts';
import type { Candidate, Emit, Finding } from './finding.ts';
import { type LineFacts, newLineFacts, readLineFacts } from './line-facts.ts';
import { defaultPolicy, type Policy } from './policy.ts';
import { Region } from './region.ts';
import { type Contender, resolveOverlaps } from './resolve-overlaps.ts';
import { findAccounts } from './rules/accounts.ts';
import { findAddresses } from './rules/addresses.ts';
import { birthWords, findBirthDates } from './rules/birth-dates.ts';
import { findCompanyPatterns } from './rules/company-patterns.ts';
import { findGroupedNumbers } from './rules/grouped-numbers.ts';
import { findCoordinates, findEmailAddresses, findIpv4Addresses, findIpv6Addresses } from './rules/internet.ts';
import { findLabelledNames } from './rules/labelled-names.ts';
import { findLicencePlates } from './rules/licence-plates.ts';
import { findMixedNumbers } from './rules/mixed-numbers.ts';
import { findPersonName } from './rules/person-names.ts';
import { findPostalCodes } from './rules/postal-codes.ts';
import { findTelephones } from './rules/telephones.ts';
import { scoreOf, suspectScore } from './scoring.ts';
import { TableTracker } from './tables.ts';
import { joinWrappedLines } from './wrapped-lines.ts';

/** Fewer digits than this in a line make none of the numbers. */
const leastDigits = 4;

/**
 * Finds personal data in a text. Pure: the same text and policy give the same findings, in order and without overlap. Looks at the shadow of
 * the text, so half-width, full-width and kanji digits and every dash are one. Classes that the policy switches off are not looked for.
 */
export function detect(text: string, policy: Policy = defaultPolicy): Finding[] {
  return new Detection(text, policy).run();
}

class Detection {
  readonly #policy: Policy;
  readonly #shadow: Shadow;
  readonly #text: string;
  readonly #contenders: Contender[] = [];
  readonly #groups = new DigitGroups();
  readonly #patterns;
  readonly #hasBirthWord: boolean;
  #region!: Region;

  constructor(text: string, policy: Policy) {
    this.#policy = policy;
    this.#shadow = piiShadow(text);
    this.#text = this.#shadow.text;
    this.#patterns = policy.patterns.filter(({ action }) => action !== 'off');
    this.#hasBirthWord = birthWords.test(this.#text);
  }

  run(): Finding[] {
    const tables = new TableTracker();
    let facts = newLineFacts();
    let previous = newLineFacts();
    let hasPrevious = false;
    for (let from = 0; from < this.#text.length; ) {
      readLineFacts(this.#text, from, facts);
      const table = tables.place(this.#text, facts);
      if (hasPrevious) {
        const joined = joinWrappedLines(this.#text, previous, facts, table);
        if (joined !== undefined) this.#lookAtNumbersAndPlaces(joined, true);
      }
      this.#lookAt(new Region(this.#text, facts.from, facts.to, table), facts);
      from = facts.to + 1;
      hasPrevious = true;
      [facts, previous] = [previous, facts];
    }
    return resolveOverlaps(this.#contenders);
  }

  #lookAt(region: Region, facts: LineFacts): void {
    if (facts.digits >= leastDigits) this.#lookAtNumbersAndPlaces(region, facts.hasPlace, facts);
    else if (facts.hasPlace || facts.digits >= 2) this.#places(region, facts);
    this.#region = region;
    if (facts.hasAt) findEmailAddresses(region, this.#emit);
    if (facts.colons >= 2) findIpv6Addresses(region, this.#emit);
    if (this.#hasBirthWord && facts.to - facts.from >= 5) findBirthDates(region, this.#emit);
    for (const at of facts.nameStarts) findPersonName(region, at, this.#emit);
    if (facts.hasLabel || region.table !== undefined) findLabelledNames(region, this.#emit);
    if (this.#patterns.length > 0 && facts.to > facts.from) findCompanyPatterns(region, this.#patterns, this.#emit);
  }

  #lookAtNumbersAndPlaces(region: Region, withPlaces: boolean, facts?: LineFacts): void {
    this.#region = region;
    const groups = this.#groups;
    groups.read(region.text, region.from, region.to);
    findGroupedNumbers(region, groups, this.#emit);
    findTelephones(region, groups, this.#emit);
    findMixedNumbers(region, groups, this.#emit);
    findAccounts(region, this.#emit);
    findPostalCodes(region, groups, this.#emit);
    findLicencePlates(region, groups, this.#emit);
    findIpv4Addresses(region, groups, this.#emit);
    findCoordinates(region, this.#emit);
    if (withPlaces || (facts?.digits ?? 0) >= 2) findAddresses(region, this.#emit);
  }

  /** Plates and blocks have few digits, or kanji ones. */
  #places(region: Region, facts: LineFacts): void {
    this.#region = region;
    findAddresses(region, this.#emit);
    if (facts.digits === 0) return;
    this.#groups.read(region.text, region.from, region.to);
    findLicencePlates(region, this.#groups, this.#emit);
  }

  readonly #emit: Emit = (candidate) => {
    const region = this.#region;
    if (region.join !== undefined && (candidate.from >= region.join || candidate.to <= region.join)) return;
    const known = candidate.class in piiClasses;
    const pattern = known ? undefined : this.#patterns.find((one) => one.class === candidate.class);
    const action = known ? this.#policy.actions[candidate.class as PiiClass] : pattern!.action;
    if (action === 'off') return;
    const { evidence, distance } = this.#withContext(region, candidate, pattern);
    const score = scoreOf(evidence);
    if (score < suspectScore) return;
    const from = region.inShadow(candidate.from);
    const to = region.inShadow(candidate.to - 1) + 1;
    const { start, end } = sourceSpan(this.#shadow, from, to);
    const { class: name, rule } = candidate;
    this.#contenders.push({ class: name, rule, start, end, score, suspect: score < 0.7, evidence, action, distance });
  };

  #withContext(
    region: Region,
    candidate: Candidate,
    pattern?: { context: readonly string[]; exclude: readonly string[] },
  ) {
    if (candidate.contextDone === true) {
      const near = candidate.evidence.some(({ kind }) => kind === 'context');
      return { evidence: candidate.evidence, distance: near ? 0 : farAway };
    }
    const words = pattern?.context ?? piiClasses[candidate.class as PiiClass].context;
    const exclusions =
      pattern === undefined ? this.#policy.exclusions : [...this.#policy.exclusions, ...pattern.exclude];
    const context = readContext(region, candidate.from, candidate.to, words, exclusions);
    return { evidence: [...candidate.evidence, ...context.evidence], distance: context.distance };
  }
}
