// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import type { DataCard } from '@kiban/protocol';

/** A part of a card as a person reads it, in whatever form. */
export interface CardSection {
  readonly title: Localised;
  readonly rows: readonly (readonly [label: Localised, value: string])[];
}

type Row = CardSection['rows'][number];

/** Everything on a card, in reading order. Values are plain text: whoever prints them escapes them. */
export function cardSections(card: DataCard): readonly CardSection[] {
  const { counts, details } = card;
  const sections: CardSection[] = [
    {
      title: { ja: '条件', en: 'Terms' },
      rows: [
        row('組織', 'organisation', card.organisation),
        row('データセット', 'data set', card.dataSet),
        row('機密区分', 'class', dataClasses[card.dataClass]),
        row('根拠・ライセンス', 'basis or licence', card.basis),
        row('利用目的', 'purpose', card.purpose),
        row('準備した日時', 'prepared at', card.preparedAt),
      ],
    },
    {
      title: { ja: '件数', en: 'Counts' },
      rows: [
        row('ファイル', 'files', counts.files.total),
        row('  全部使った', '  kept', counts.files.kept),
        row('  一部使った', '  partly kept', counts.files.partlyKept),
        row('  使えない', '  refused', counts.files.refused),
        row('バイト', 'bytes', counts.files.bytes),
        row('準備した文書', 'documents prepared', counts.preparedDocuments),
        row('規則で除いた文書', 'documents dropped by rule', counts.dropped),
        row('個人データの検出', 'findings of personal data', counts.personalData),
      ],
    },
  ];
  const { packed } = counts;
  if (packed !== null)
    sections.push({
      title: { ja: 'トークン', en: 'Tokens' },
      rows: [
        row('文書 (重複を除く)', 'documents, without duplicates', packed.documents),
        row('  対話', '  chats', packed.chats),
        row('重複', 'duplicates', packed.duplicates),
        row('文字', 'characters', packed.characters),
        row('トークン', 'tokens', packed.tokens),
        row('  学習用', '  for training', packed.trainingTokens),
        row('  検証用', '  held out', packed.heldOutTokens),
      ],
    });
  if (details !== null) {
    sections.push(
      byCode('構成: 形式', 'Composition: formats', details.composition.byFormat),
      byCode('構成: 文字コード', 'Composition: encodings', details.composition.byEncoding),
      byCode('使えないファイル (理由)', 'Files refused, by reason', details.refusedFiles),
      byCode('読み飛ばした箇所 (理由)', 'Places passed over, by reason', details.faults),
      byCode('除いた文書 (規則)', 'Documents dropped, by rule', details.droppedDocuments),
      byCode('外れた品質規則', 'Quality rules missed', details.qualityRules),
      byCode('個人データ (種類/処置)', 'Personal data, by class/action', details.personalData),
      {
        title: { ja: 'パイプライン', en: 'Pipeline' },
        rows: [
          row('正規化プロファイル', 'profile', details.pipeline.profile),
          row('パイプライン', 'pipeline', details.pipeline.digest),
          row('ICU / Unicode', 'ICU / Unicode', `${details.pipeline.icu} / ${details.pipeline.unicode}`),
          ...packingRows(details.packing),
        ],
      },
    );
  }
  return sections.filter(({ rows }) => rows.length > 0);
}

const dataClasses: Readonly<Record<DataCard['dataClass'], string>> = {
  public: 'public 公開',
  internal: 'internal 社外秘',
  confidential: 'confidential 秘',
  restricted: 'restricted 極秘',
};

function packingRows(packing: NonNullable<DataCard['details']>['packing']): Row[] {
  if (packing === null) return [];
  return [
    row('トークナイザ', 'tokenizer', packing.tokenizer),
    row('系列長', 'sequence length', packing.sequenceLength),
    row('検証用の割合 (千分率)', 'held out, per mille', packing.heldOutPerMille),
    row('学習用シャード SHA-256', 'training shard, SHA-256', packing.training.sha256),
    row('検証用シャード SHA-256', 'held-out shard, SHA-256', packing.heldOut.sha256),
  ];
}

function byCode(ja: string, en: string, counts: Readonly<Record<string, number>>): CardSection {
  const entries = Object.entries(counts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { title: { ja, en }, rows: entries.map(([code, times]) => row(code, code, times)) };
}

function row(ja: string, en: string, value: string | number): Row {
  return [{ ja, en }, typeof value === 'number' ? value.toLocaleString('en') : value];
}
