// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import type { CardSection } from '../data-card/card-sections.ts';
import { describeOutcome } from '../reading/describe-outcome.ts';
import type { FilesReport, PrepareReport } from './prepare-report.ts';
import { isPacked } from './report-file.ts';

type Row = CardSection['rows'][number];

/** What became of a folder, stage by stage, for the one who works on it: names files, so it stays at home. */
export function reportSections(report: FilesReport | PrepareReport, listedProblems = 20): readonly CardSection[] {
  const { files } = report;
  const packed = isPacked(report) ? report : undefined;
  const sections: CardSection[] = [
    {
      title: { ja: 'ファイル', en: 'Files' },
      rows: [
        row('読んだ', 'read', files.total),
        row('  全部使った', '  kept', files.kept),
        row('  一部使った', '  partly kept', files.partlyKept),
        row('  使えない', '  refused', files.refused),
        row('バイト', 'bytes', files.bytes),
      ],
    },
    byCode({ ja: '使えないファイル (理由)', en: 'Files refused, by reason' }, files.byRefusal),
    byCode({ ja: '読み飛ばした箇所 (理由)', en: 'Places passed over, by reason' }, report.faults),
    byCode({ ja: '形式', en: 'Formats' }, files.byFormat),
    byCode({ ja: '文字コード', en: 'Encodings' }, files.byEncoding),
    {
      title: { ja: '文書', en: 'Documents' },
      rows: [
        row('規則で除いた', 'dropped by rule', total(report.dropped)),
        row('準備した', 'prepared', report.preparedDocuments),
        ...(packed === undefined
          ? []
          : [
              row('重複', 'duplicates', packed.duplicates),
              row('ほぼ同じ文書', 'near duplicates', packed.nearDuplicates),
              row('学習に使う', 'used', packed.documents),
              row('  対話', '  chats', packed.chats),
            ]),
      ],
    },
    byCode({ ja: '除いた文書 (規則)', en: 'Documents dropped, by rule' }, report.dropped),
    byCode({ ja: '外れた品質規則', en: 'Quality rules missed' }, report.qualityRules),
    byCode({ ja: '個人データ (種類/処置)', en: 'Personal data, by class/action' }, report.personalData),
  ];
  if (packed !== undefined)
    sections.push({
      title: { ja: 'トークン', en: 'Tokens' },
      rows: [
        row('文字', 'characters', packed.characters),
        row('トークン', 'tokens', packed.tokens),
        row('  学習用', '  for training', packed.training.tokens),
        row('  検証用', '  held out', packed.heldOut.tokens),
        [{ ja: '1トークンの文字数', en: 'characters per token' }, packed.charactersPerToken.toFixed(2)],
      ],
    });
  const listed = report.problems.slice(0, listedProblems).map((outcome): Row => [describeOutcome(outcome), '']);
  sections.push({
    title: { ja: '使えない、または一部だけのファイル', en: 'Files not or only partly usable' },
    rows: listed,
  });
  return sections.filter(({ rows }) => rows.length > 0);
}

function byCode(title: Localised, counts: Readonly<Partial<Record<string, number>>>): CardSection {
  const entries = Object.entries(counts).sort(([a, m = 0], [b, n = 0]) => n - m || (a < b ? -1 : 1));
  return { title, rows: entries.map(([code, times = 0]) => row(code, code, times)) };
}

function row(ja: string, en: string, value: number): Row {
  return [{ ja, en }, value.toLocaleString('en')];
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}
