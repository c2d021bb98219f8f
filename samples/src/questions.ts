// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@kiban/core';
import type { Fact, Sector } from './sector.ts';

type Wording = (fact: Fact) => string;

/** Wordings that occur in training; each fact sees only some of them. */
const knownWordings: readonly Wording[] = [
  ({ subject, item }) => `${subject}の${item}は？`,
  ({ subject, item }) => `${subject}の${item}を教えて。`,
  ({ subject, item }) => `${subject}の${item}は何ですか。`,
  ({ subject, item }) => `${subject}について、${item}は？`,
  ({ subject, item }) => `${subject}の${item}を答えてください。`,
  ({ subject, item }) => `教えてください。${subject}の${item}は？`,
  ({ subject, item }) => `${subject}における${item}は？`,
  ({ subject, item }) => `${subject}では${item}はどうなっていますか。`,
  ({ subject, item }) => `${item}を確認したい。${subject}です。`,
  ({ subject, item }) => `${subject}の${item}、わかりますか。`,
  ({ subject, item }) => `社内基準で${subject}の${item}は？`,
  ({ subject, item }) => `${subject}です。${item}をお願いします。`,
];

/** Wordings that occur in no training text at all. */
const unseenWordings: readonly Wording[] = [
  ({ subject, item }) => `${subject}の${item}を知りたい。`,
  ({ subject, item }) => `すみません、${subject}の${item}は？`,
  ({ subject, item }) => `${subject}の場合、${item}は何でしょう。`,
];

export interface ChatExample {
  readonly messages: readonly [
    { readonly role: 'user'; readonly content: string },
    { readonly role: 'assistant'; readonly content: string },
  ];
}

export interface HeldOutQuestion {
  readonly id: string;
  readonly sector: Sector;
  /** Questions about one fact belong together in statistics; names the fact. */
  readonly fact: string;
  readonly question: string;
  readonly answer: string;
  /** Whether this wording was used in training for other facts, or never. */
  readonly kind: 'known-wording' | 'unseen-wording';
}

export interface QuestionMaterial {
  readonly training: readonly ChatExample[];
  readonly heldOut: readonly HeldOutQuestion[];
}

/** For each fact: `wordingsPerFact` wordings to train on, one wording kept back that other facts use, and one that nobody uses. */
export function questionMaterial(
  sector: Sector,
  facts: readonly Fact[],
  seed: string,
  wordingsPerFact: number,
): QuestionMaterial {
  const random = new SeededRandom(`${seed}/questions/${sector}`);
  const training: ChatExample[] = [];
  const heldOut: HeldOutQuestion[] = [];
  for (const fact of facts) {
    // The shortest wording is part of longer ones, so it is always trained on: a held-out question may stand in no training text.
    const [plain, ...others] = knownWordings;
    const wordings = random.shuffle([...others]);
    for (const wording of [plain!, ...wordings.slice(0, wordingsPerFact - 1)])
      training.push({
        messages: [
          { role: 'user', content: wording(fact) },
          { role: 'assistant', content: fact.answer },
        ],
      });
    const keep = (wording: Wording, kind: HeldOutQuestion['kind']) =>
      heldOut.push({
        id: `${fact.id}-${kind}`,
        sector,
        fact: fact.id,
        question: wording(fact),
        answer: fact.answer,
        kind,
      });
    if (wordingsPerFact < knownWordings.length) keep(wordings[wordings.length - 1]!, 'known-wording');
    keep(random.pick(unseenWordings), 'unseen-wording');
  }
  return { training: random.shuffle(training), heldOut };
}
