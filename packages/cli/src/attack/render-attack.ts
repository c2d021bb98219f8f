// SPDX-License-Identifier: Apache-2.0
import type { Language } from '../language.ts';
import type { AttackReport, Reading } from './attack-round.ts';
import type { MembershipReading } from './canary-membership.ts';

/** The report as a person reads it. */
export function renderAttack(report: AttackReport, language: Language): string[] {
  const text = (ja: string, en: string) => (language === 'ja' ? ja : en);
  const { member, members, round, release, usedTokens, vocabularySize } = report;
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const distance = (deviations: number) =>
    deviations > 1_000 ? text('1,000 以上', 'over 1,000') : deviations.toFixed(1);
  const lines = (reading: Reading, whose: string) => [
    text(
      `   使われた語片のうち見つかったもの  ${percent(reading.recall)}  (当て推量なら ${percent(reading.chance)})、最初の 100 個の推定の正解 ${percent(reading.rightOfFirstHundred)}`,
      `   word pieces of ${whose} found  ${percent(reading.recall)}  (guessing: ${percent(reading.chance)}); right among the first 100 guesses: ${percent(reading.rightOfFirstHundred)}`,
    ),
    text(
      `   バイトの一様分布からの隔たり  ${distance(reading.byteNonUniformity)} σ`,
      `   distance of its bytes from pure noise  ${distance(reading.byteNonUniformity)} σ`,
    ),
    text('   最も確からしい断片  ', '   surest fragments  ') +
      (reading.fragments.map(({ text: fragment, right }) => (right ? fragment : `${fragment}✗`)).join(' ') || '–'),
  ];
  const membershipLines = (): string[] => {
    const { membership } = report;
    if (membership === undefined) return [];
    const { rowCounts, attempts } = membership;
    const views = ({ plain, masked, sum }: MembershipReading) =>
      text(
        `そのままの更新 ${percent(plain)}、マスク後 ${percent(masked)} (${attempts} 回の平均)、合計 ${percent(sum)}`,
        `plain ${percent(plain)}, masked ${percent(masked)} (mean of ${attempts} attempts), sum ${percent(sum)}`,
      );
    return [
      text(
        `4. 二つの文章のどちらがその会社のものか (自社 ${rowCounts.own} 文、他社 ${rowCounts.others} 文、検証用 ${rowCounts.heldOut} 文。当て推量なら 50 %)`,
        `4. Which of two texts is the company's? (${rowCounts.own} that it trained on, ${rowCounts.others} of others, ${rowCounts.heldOut} that it held out; guessing: 50 %)`,
      ),
      text(
        `   ${member} の学習文と他社の学習文       ${views(membership.whose)}`,
        `   one that ${member} trained on, and one of another member:  ${views(membership.whose)}`,
      ),
      text(
        `   ${member} の学習文と学習していない自社文  ${views(membership.trained)}`,
        `   one that ${member} trained on, and one that it held out:   ${views(membership.trained)}`,
      ),
      '',
    ];
  };
  return [
    text(
      `好奇心の強いハブは何を読めるか: ${member} の第 ${round} ラウンドの更新 (モデル ${release}、${members.length} 社)`,
      `What a curious hub can read: ${member}'s update of round ${round} (model ${release}, ${members.length} members)`,
    ),
    text(
      `${member} の文書は語彙 ${vocabularySize} 個のうち ${usedTokens} 個を使う。✗ は外れた推定。`,
      `${member}'s documents use ${usedTokens} of ${vocabularySize} word pieces. ✗ marks a wrong guess.`,
    ),
    '',
    text('1. もし更新をそのまま送ったら', '1. If the update were sent as it is'),
    ...lines(report.plain, member),
    '',
    text(
      `2. ノードを出るもの: 同じ更新をマスクした語 (この端末で秘匿集約を一回通した。鍵は毎回新しく、署名付きメッセージ ${report.messageCount} 通、開くのに ${report.threshold} 社の署名)`,
      `2. What leaves the node: the same update, masked by a whole secure aggregation that just ran in this process (fresh keys, ${report.messageCount} signed messages, ${report.threshold} signatures needed to open)`,
    ),
    ...lines(report.masked, member),
    '',
    text(
      `3. ハブが開けてよい唯一のもの (${members.length} 社の合計。全社の語片と突き合わせる)`,
      `3. The one thing that the hub may open (the sum of ${members.length}; held against the word pieces of all)`,
    ),
    ...lines(report.sum, text('全社', 'all')),
    '',
    ...membershipLines(),
    text(
      '合計は秘密ではない: 連合の誰かが使った語は読めるが、どの会社かは分からない。共有モデル自体が漏らすもの、および',
      'The sum is no secret: words that somebody in the coalition uses can be read, but not whose they are. Not shown: what the shared',
    ),
    text(
      '自社以外の全員がハブと結託した場合 (残る一社は読まれる) は、ここには示していない。詳しくは docs/attacks.md。',
      'model itself reveals, and all members but one colluding with the hub (the last one is read). See docs/attacks.md.',
    ),
  ];
}
