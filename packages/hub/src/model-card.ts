// SPDX-License-Identifier: Apache-2.0
import { dataCardDigest, type ProgrammeState } from '@kiban/protocol';
import type { RunPlan } from '@kiban/training';

interface CardFacts {
  readonly name: string;
  readonly createdAtMs: number;
  readonly parameters: number;
}

/** The card of a release, in both languages, from the records of its programme alone. */
export function modelCard(state: ProgrammeState, plan: RunPlan, facts: CardFacts): string {
  const accepted = state.rounds.filter((round) => round.outcome === 'accepted');
  const tokens = accepted.reduce((sum, round) => sum + round.tokens, 0);
  const perplexity = (nats: number, count: number) => Math.exp(nats / count).toFixed(3);
  const rows = plan.participants.map((organisation) => {
    const score = state.scores.find((one) => one.organisation === organisation);
    return score === undefined
      ? `| ${organisation} | – | – |`
      : `| ${organisation} | ${perplexity(score.startNats, score.tokens)} | ${perplexity(score.baseNats, score.tokens)} |`;
  });
  const dataSets = state.decisions.flatMap((decision) =>
    decision.dataSets.map((one) => `| ${decision.organisation} | ${one.id} | ${one.dataClass} | ${one.basis} |`),
  );
  return `---
license: ${plan.release.licence.toLowerCase()}
language: ja
pipeline_tag: text-generation
---

# ${facts.name}

${plan.title}

${plan.purpose}

## この版 / This release

| | |
|---|---|
| プログラム / programme | ${plan.programme} (plan ${state.planDigest}) |
| 作成 / made | ${new Date(facts.createdAtMs).toISOString()} |
| 構造 / architecture | Llama, ${facts.parameters.toLocaleString('en')} parameters, vocabulary ${plan.model.vocabularySize}, context ${plan.model.contextLength} |
| 参加組織 / participants | ${plan.participants.join(', ')} |
| ラウンド / rounds | ${accepted.length} of ${state.rounds.length} accepted, ${tokens.toLocaleString('en')} tokens |
| 基盤の重み / weights | SHA-256 ${state.base?.digest ?? ''} |
| ライセンス / licence | ${plan.release.licence} |

## 学習の方法 / How it was trained

各組織は自社の文書を自社の中だけで学習に使い、秘匿集約でマスクした更新の合計だけがハブで開かれた。
Each organisation trained on its own documents on its own premises; the hub opened only the sum of masked updates (secure aggregation).

| ラウンド / round | 結果 / outcome | 組織 / members | 検証損失 前→後 / held-out loss before → after |
|---|---|---|---|
${state.rounds.map((round) => `| ${round.round} | ${round.outcome} | ${round.members.length} | ${figure(round.heldOutLossBefore)} → ${figure(round.heldOutLossAfter)} |`).join('\n')}

## 評価 / Evaluation

各組織が自社の検証文書で測り、署名して公表した値 (パープレキシティ)。Perplexity on each member's own held-out documents, measured and signed by that member.

| 組織 / member | 開始モデル / start model | 共有基盤 / shared base |
|---|---|---|
${rows.join('\n')}

${vocabularySection(state)}## データ / Data

原文は各組織の外に出ていない。No document left its organisation.

| 組織 / member | データセット / data set | 区分 / class | 根拠 / basis |
|---|---|---|---|
${dataSets.join('\n')}
${sharedCards(state)}
## 限界 / Limits

小さなモデルであり、答えは誤りうる。共有モデルが学習データについて明かしうることは、参加組織の数と更新の上限だけで抑えられている (差分プライバシーは使っていない)。
A small model whose answers can be wrong. What the shared model may reveal of its data is bounded only by the number of members and by clipping; differential privacy was not used.
`;
}

/** What stewards let go of their data cards; nothing is said where nobody shared one. */
function sharedCards(state: ProgrammeState): string {
  if (state.dataCards.length === 0) return '';
  const count = (value: number | undefined) => value?.toLocaleString('en') ?? '–';
  const rows = state.dataCards.map(({ card }) => {
    const { files, dropped, personalData, packed } = card.counts;
    const documents = packed?.documents ?? card.counts.preparedDocuments;
    const cells = [count(files.total), count(documents), count(packed?.tokens), count(dropped), count(personalData)];
    return `| ${card.organisation} | ${card.dataSet} | ${cells.join(' | ')} | ${dataCardDigest(card)} |`;
  });
  const details = state.dataCards.flatMap(({ card }) =>
    card.details === null
      ? []
      : [
          '',
          `${card.organisation} / ${card.dataSet}:`,
          '',
          `- 形式と文字コード / formats and encodings: ${listed(card.details.composition.byFormat)}; ${listed(card.details.composition.byEncoding)}`,
          `- 除いた文書 / documents dropped: ${listed(card.details.droppedDocuments)}`,
          `- 個人データ / personal data: ${listed(card.details.personalData)}`,
          `- パイプライン / pipeline: ${card.details.pipeline.profile}, ${card.details.pipeline.digest}`,
        ],
  );
  return `
データ管理者が公開を認めたデータカード (各組織の署名あり)。Data cards that stewards let out, each signed by its organisation.

| 組織 / member | データセット / data set | ファイル / files | 文書 / documents | トークン / tokens | 除外 / dropped | 個人データ / personal data | カード / card SHA-256 |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
${details.length === 0 ? '' : `${details.join('\n')}\n`}`;
}

function listed(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? '–' : entries.map(([name, times]) => `${name} ${times}`).join(', ');
}

/** How much text one token carries, for each member that published it. */
function vocabularySection(state: ProgrammeState): string {
  const { agreedTokenizer: agreed } = state;
  if (agreed === null) return '';
  const rows = state.scores.flatMap(({ organisation, vocabulary }) => {
    if (vocabulary === null) return [];
    const { characters, publicTokens, agreedTokens } = vocabulary;
    const perToken = (tokens: number) => (characters / tokens).toFixed(3);
    return [`| ${organisation} | ${perToken(publicTokens)} | ${perToken(agreedTokens)} |`];
  });
  return `## 語彙 / Vocabulary

語彙は参加組織の合意で決めた: ${agreed.agreedMerges} 個の結合を秘匿集約した出現数から選び、残りは公開コーパスから。公開コーパスだけでは現れない語は ${agreed.newTokens} 個。
The members agreed on the vocabulary: ${agreed.agreedMerges} merges were chosen from securely summed counts, the rest come from the public corpus. ${agreed.newTokens} tokens would not be there from public text alone.

各組織の検証文書での 1 トークンあたりの文字数。Held-out characters per token, by member.

| 組織 / member | 公開のみ / public only | 合意した語彙 / agreed |
|---|---|---|
${rows.join('\n')}

`;
}

function figure(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}
