// SPDX-License-Identifier: Apache-2.0
import { parseYaml, readYamlFile } from '@kiban/core';
import { RE2JS } from 're2js';
import * as z from 'zod';
import { type PiiAction, type PiiClass, piiClasses, piiClassNames, surrogateClasses } from './classes.ts';
import { exclusionWords } from './context.ts';

const actionSchema = z.enum(['drop', 'mask', 'surrogate', 'tag', 'off']);
const wordSchema = z.string().trim().min(1).max(40);
const className = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, 'use 2 to 40 of a-z, 0-9 and -, starting with a letter');

const patternSchema = z.strictObject({
  class: className,
  label: z.strictObject({ ja: wordSchema, en: wordSchema }),
  /** RE2 syntax, matched line by line in the shadow: ASCII digits and letters, "-" between digits. */
  pattern: z.string().min(1).max(200),
  context: z.array(wordSchema).max(50).default([]),
  exclude: z.array(wordSchema).max(50).default([]),
  contextRequired: z.boolean().default(false),
  action: actionSchema.default('mask'),
});

/** A policy as it is written in YAML. Unknown fields are faults. */
export const policySchema = z
  .strictObject({
    version: z.literal(1),
    strictness: z.enum(['normal', 'strict']).default('normal'),
    classes: z.partialRecord(z.enum(piiClassNames as readonly [PiiClass, ...PiiClass[]]), actionSchema).default({}),
    exclusions: z.array(wordSchema).max(500).default([]),
    patterns: z.array(patternSchema).max(100).default([]),
  })
  .superRefine((document, context) => {
    for (const [name, action] of Object.entries(document.classes))
      if (action === 'surrogate' && !surrogateClasses.has(name))
        context.addIssue({ code: 'custom', path: ['classes', name], message: onlyThese });
    const seen = new Set<string>();
    for (const [index, pattern] of document.patterns.entries()) {
      const fault = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['patterns', index, field], message });
      if (pattern.class in piiClasses) fault('class', 'is a built-in class; choose another name');
      if (seen.has(pattern.class)) fault('class', 'is defined twice');
      seen.add(pattern.class);
      if (pattern.action === 'surrogate') fault('action', onlyThese);
      if (pattern.contextRequired && pattern.context.length === 0) fault('context', 'give at least one word');
      const problem = patternProblem(pattern.pattern);
      if (problem !== undefined) fault('pattern', problem);
    }
  });

const onlyThese = `surrogates exist for ${[...surrogateClasses].join(' and ')} only; use mask`;

/** A company's own class of number, ready to be matched in time linear in the line. */
export interface CompanyPattern {
  readonly class: string;
  readonly label: { readonly ja: string; readonly en: string };
  readonly expression: RE2JS;
  readonly context: readonly string[];
  readonly exclude: readonly string[];
  readonly contextRequired: boolean;
  readonly action: PiiAction;
}

/** What is done with what is found. */
export interface Policy {
  /** Under `strict`, suspects are acted on as well. */
  readonly strictness: 'normal' | 'strict';
  readonly actions: Readonly<Record<PiiClass, PiiAction>>;
  /** Words that tell a number of a thing, lower case: the product's own and the company's. */
  readonly exclusions: readonly string[];
  readonly patterns: readonly CompanyPattern[];
}

/** Built-in actions, no patterns. Classes not named in a policy file keep these actions. */
export const defaultPolicy: Policy = policyFrom(policySchema.parse({ version: 1 }));

/** @throws KibanError `config-invalid` (422), naming line and field of every fault. */
export function parsePolicy(yaml: string, name: string): Policy {
  return policyFrom(parseYaml(yaml, policySchema, name));
}

/** @throws KibanError `file-unreadable` (404), `config-invalid` (422) */
export async function readPolicyFile(path: string): Promise<Policy> {
  return policyFrom(await readYamlFile(path, policySchema));
}

/** Makes a policy of a checked document. */
export function policyFrom(document: z.output<typeof policySchema>): Policy {
  const actions = Object.fromEntries(
    piiClassNames.map((name) => [name, document.classes[name] ?? piiClasses[name].action]),
  ) as Record<PiiClass, PiiAction>;
  const lower = (words: readonly string[]) => words.map((word) => word.normalize('NFKC').toLowerCase());
  return {
    strictness: document.strictness,
    actions,
    exclusions: [...exclusionWords, ...lower(document.exclusions)],
    patterns: document.patterns.map((pattern) => ({
      class: pattern.class,
      label: pattern.label,
      expression: RE2JS.compile(pattern.pattern),
      context: lower(pattern.context),
      exclude: lower(pattern.exclude),
      contextRequired: pattern.contextRequired,
      action: pattern.action,
    })),
  };
}

/** RE2 has neither back-references nor look-around, so no pattern can run for longer than its line. */
function patternProblem(pattern: string): string | undefined {
  try {
    const expression = RE2JS.compile(pattern);
    return expression.matches('') ? 'matches the empty text' : undefined;
  } catch (error) {
    return `is no RE2 pattern: ${error instanceof Error ? error.message : 'unreadable'}`;
  }
}
