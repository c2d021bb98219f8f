// SPDX-License-Identifier: Apache-2.0
import type { PreparedFiles } from './prepare-files.ts';
import type { FilesReport } from './prepare-report.ts';
import { PrepareTally } from './prepare-tally.ts';

/** The report of a preparation that nobody has packed yet, from the segments' own counts. */
export function filesReport({ pipeline, settings, segments }: PreparedFiles): FilesReport {
  const tally = new PrepareTally();
  for (const segment of segments) for (const file of segment.files) tally.add(file);
  return {
    version: 1,
    pipeline,
    profile: settings.profile,
    icu: process.versions.icu ?? '',
    unicode: process.versions.unicode ?? '',
    files: tally.files(),
    faults: tally.faults,
    dropped: tally.dropped,
    qualityRules: tally.qualityRules,
    personalData: tally.personalData,
    preparedDocuments: tally.documents,
    problems: tally.problems,
  };
}
