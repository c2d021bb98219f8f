// SPDX-License-Identifier: Apache-2.0
import type { DataCard } from '@kiban/protocol';

/** Properties of the Croissant vocabulary for responsible AI 1.0 that a node can answer from its own records. */
export function croissantRaiProperties(card: DataCard): Record<string, unknown> {
  const { details, counts } = card;
  return {
    'rai:dataCollection': `Existing documents of ${card.organisation}, registered as one folder by its engineer; nothing was gathered for this purpose.`,
    'rai:dataCollectionType': ['Document analysis'],
    'rai:dataPreprocessingProtocol': preprocessing(card),
    'rai:dataManipulationProtocol':
      details === null
        ? `${counts.dropped} documents dropped by rule, ${counts.personalData} findings of personal data acted on.`
        : `Documents dropped by rule: ${list(details.droppedDocuments)}. Personal data by class and action: ${list(details.personalData)}.`,
    'rai:personalSensitiveInformation': [
      counts.personalData === 0
        ? 'The detectors reported no personal data. Detection is not complete: some may be left.'
        : `${counts.personalData} findings of personal data were dropped, masked or tagged${details === null ? '' : ` (${list(details.personalData)})`}. Detection is not complete: some may be left.`,
    ],
    'rai:dataBiases': [
      `Documents of one company (${card.organisation}): its vocabulary, its products and its views; mostly Japanese, from work and not from daily life.`,
    ],
    'rai:dataLimitations': [
      'Held on the premises of the organisation and not distributed; figures come from its own node, which signed them.',
      `${counts.files.refused} of ${counts.files.total} files gave nothing and ${counts.files.partlyKept} were used in part.`,
    ],
    'rai:dataUseCases': [card.purpose],
    'rai:dataReleaseMaintenancePlan':
      'The card is made again whenever the folder is prepared again; what was deleted from the folder leaves the prepared copy with it.',
  };
}

function preprocessing({ details, counts }: DataCard): string[] {
  const steps = ['Text is decoded strictly; bytes that fit no encoding are passed over and counted.'];
  if (details !== null) {
    const { profile, icu, unicode } = details.pipeline;
    steps.push(`Normalised with profile ${profile} (ICU ${icu}, Unicode ${unicode}).`);
    steps.push(
      `Files refused, by reason: ${list(details.refusedFiles)}. Lines or records passed over: ${list(details.faults)}.`,
    );
  }
  if (counts.packed !== null)
    steps.push(`${counts.packed.duplicates} duplicates and near duplicates left out; the rest encoded and packed.`);
  return steps;
}

function list(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? 'none' : entries.map(([name, times]) => `${name} ${times}`).join(', ');
}
