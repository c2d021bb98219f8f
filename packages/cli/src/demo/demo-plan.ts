// SPDX-License-Identifier: Apache-2.0

/** The demo's run plan: an ordinary plan, as a person would write it. */
export function demoPlan(
  members: readonly string[],
  options: { readonly seed: string; readonly rounds: number },
): string {
  return `version: 1
programme: base-1
title: 三社の共有基盤モデル / A shared base of three companies
purpose: 各社の業務知識に答えられる共有基盤を、文書を社外に出さずに作る / A shared base that knows each company's work, made without any document leaving its company
participants: [${[...members].sort().join(', ')}]
maximumDataClass: confidential
seed: "${options.seed}"
model: { preset: tiny, vocabularySize: 1536, contextLength: 128 }
tokenizer: { training: federated, publicShare: 0.4, minimumDocuments: 30, minimumOwnDocuments: 5, sketchWidth: 32768, candidates: 1024, batch: 192 }
start: { steps: 300, peakLearningRate: 0.002 }
rounds: ${options.rounds}
inner: { steps: 50, batchSize: 8, peakLearningRate: 0.002, warmupSteps: ${options.rounds > 1 ? 50 : 25} }
outer: { learningRate: 1.0, momentum: 0.8 }
aggregation: { bits: 16, levelLimit: 127, graceMs: 30000 }
`;
}

export const defaultRounds = 20;
export const demoProgramme = 'base-1';
