// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { type LabelName, labelNames } from './quality-labels.ts';

/** Bounds are inclusive. A label that a text does not have is not judged. */
const limitSchema = z
  .strictObject({ label: z.enum(labelNames), min: z.number().optional(), max: z.number().optional() })
  .refine(({ min, max }) => min !== undefined || max !== undefined, { error: 'give min or max' });

const policySchema = z.strictObject({
  /** Languages by script that are kept; missing: all. */
  languages: z.array(z.enum(['ja', 'und-Hani', 'und-Latn', 'und'])).optional(),
  limits: z.array(limitSchema),
});

export const qualityProfileSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, 'use 2 to 40 of a-z, 0-9 and -, starting with a letter'),
  version: z.int().min(1),
  /** Of the labels that the limits are about. */
  labels: z.literal(1),
  kinds: z.strictObject({ web: policySchema, document: policySchema, log: policySchema }),
});
/** Which texts are kept: one policy per kind, as data, so that a new threshold is judged over stored labels. */
export type QualityProfile = z.output<typeof qualityProfileSchema>;
type Limit = z.output<typeof limitSchema>;

const between = (label: LabelName, min: number, max: number): Limit => ({ label, min, max });
const atLeast = (label: LabelName, min: number): Limit => ({ label, min });
const atMost = (label: LabelName, max: number): Limit => ({ label, max });

const duplication = [
  atMost('duplicateParagraphShare', 0.3),
  atMost('duplicateParagraphLetterShare', 0.2),
  atMost('duplicateSentenceShare', 0.3),
  atMost('duplicateSentenceLetterShare', 0.2),
];
const topGrams = [atMost('topGram2', 0.2), atMost('topGram3', 0.18), atMost('topGram4', 0.16)];

/**
 * The default. `web` has the limits of the Swallow corpus (Okazaki et al. 2024) and the compression ratio of the llm-jp corpus; those of
 * `document` and `log` are starting values, to be tuned on a company's own rejections: shift logs are short and have few hiragana.
 */
export const kibanQuality1: QualityProfile = {
  name: 'kiban-quality',
  version: 1,
  labels: 1,
  kinds: {
    web: {
      languages: ['ja'],
      limits: [
        atLeast('letters', 400),
        atLeast('japaneseLetters', 400),
        atLeast('japaneseShare', 0.5),
        atLeast('hiraganaShare', 0.2),
        atMost('katakanaShare', 0.5),
        between('meanSentence', 20, 90),
        atMost('longestSentence', 200),
        atMost('openEndedShare', 0.2),
        ...duplication,
        ...topGrams,
        atMost('repeatedGram5', 0.15),
        atMost('repeatedGram6', 0.14),
        atMost('repeatedGram7', 0.13),
        atMost('repeatedGram8', 0.12),
        atMost('repeatedGram9', 0.11),
        atMost('repeatedGram10', 0.1),
        between('compression', 0.3, 0.7),
        atMost('longestRun', 200),
        atMost('symbolShare', 0.4),
        atMost('shortLineShare', 0.5),
        atMost('repetition5', 0.33),
        atLeast('judgeQuality', 2),
        atLeast('judgeAds', 2),
      ],
    },
    document: {
      limits: [
        atLeast('letters', 200),
        atLeast('japaneseLetters', 100),
        atLeast('japaneseShare', 0.3),
        atLeast('hiraganaShare', 0.05),
        atMost('katakanaShare', 0.7),
        between('meanSentence', 8, 150),
        atMost('longestSentence', 600),
        atMost('openEndedShare', 0.3),
        ...duplication,
        ...topGrams,
        between('compression', 0.15, 0.8),
      ],
    },
    log: { limits: [atLeast('letters', 10)] },
  },
};
