// SPDX-License-Identifier: Apache-2.0
import { type Evidence, type Finding, type PiiClass, type Policy, piiClasses } from '@kiban/pii';
import type { Language } from '../language.ts';

/** One finding with its place, as it is shown; the value only where asked for. */
export interface ShownFinding {
  readonly line: number;
  /** UTF-16 units from 1. */
  readonly column: number;
  readonly class: string;
  readonly label: string;
  readonly rule: string;
  readonly score: number;
  readonly suspect: boolean;
  readonly action: string;
  readonly evidence: readonly Evidence[];
  readonly value?: string;
}

export function showFindings(
  text: string,
  findings: readonly Finding[],
  options: { readonly policy: Policy; readonly language: Language; readonly withValues: boolean },
): ShownFinding[] {
  let line = 1;
  let lineStart = 0;
  return findings.map((finding) => {
    for (let at = text.indexOf('\n', lineStart); at >= 0 && at < finding.start; at = text.indexOf('\n', lineStart)) {
      line += 1;
      lineStart = at + 1;
    }
    const { class: name, rule, score, suspect, action, evidence } = finding;
    const label =
      name in piiClasses
        ? piiClasses[name as PiiClass].label
        : options.policy.patterns.find((pattern) => pattern.class === name)?.label;
    return {
      ...{ line, column: finding.start - lineStart + 1, class: name, label: label?.[options.language] ?? name },
      ...{ rule, score, suspect, action, evidence },
      ...(options.withValues ? { value: text.slice(finding.start, finding.end) } : {}),
    };
  });
}

const evidenceNames = {
  shape: ['形', 'shape'],
  'check-digit': ['検査数字', 'check digit'],
  'failed-check-digit': ['検査数字の不一致', 'failed check digit'],
  separators: ['区切り', 'separators'],
  'number-plan': ['番号計画', 'number plan'],
  dictionary: ['辞書', 'dictionary'],
  'beside-label': ['見出しの直後', 'beside its label'],
  context: ['文脈', 'context'],
  exclusion: ['除外語', 'exclusion'],
} as const;

/** The findings as a person reads them, and how many there are. */
export function renderFindings(findings: readonly ShownFinding[], policy: Policy, language: Language): string[] {
  const text = (ja: string, en: string) => (language === 'ja' ? ja : en);
  if (findings.length === 0) return [text('個人データは見つかりませんでした。', 'No personal data was found.')];
  const acted = (finding: ShownFinding) => !finding.suspect || policy.strictness === 'strict';
  const lines = findings.map((finding) => {
    const reasons = finding.evidence
      .filter(({ weight, kind }) => weight !== 0 || kind === 'failed-check-digit')
      .map(({ kind, weight, word }) => {
        const name = evidenceNames[kind][language === 'ja' ? 0 : 1];
        return `${name}${word === undefined ? '' : ` "${word}"`} ${weight >= 0 ? '+' : ''}${weight}`;
      });
    const action = acted(finding) ? finding.action : text('要確認', 'review');
    const value = finding.value === undefined ? '' : `  ${JSON.stringify(finding.value)}`;
    return `${finding.line}:${finding.column}  ${finding.label} (${finding.class})  ${finding.score.toFixed(2)}  ${action}  ${finding.rule}  [${reasons.join(', ')}]${value}`;
  });
  const suspects = findings.filter(({ suspect }) => suspect).length;
  const hits = findings.length - suspects;
  return [...lines, '', text(`該当 ${hits} 件、要確認 ${suspects} 件。`, `Hits: ${hits}. For review: ${suspects}.`)];
}
