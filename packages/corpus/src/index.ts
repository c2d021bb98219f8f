// SPDX-License-Identifier: Apache-2.0
export { dataCardPage } from './data-card/card-page.ts';
export type { CardSection } from './data-card/card-sections.ts';
export { dataCardLines, sectionLines } from './data-card/card-text.ts';
export { croissantJsonLd } from './data-card/croissant.ts';
export { type DataSetTerms, dataCardOf, reportDigest } from './data-card/data-card.ts';
export { type ShardIndex, shardIndexSchema } from './packing/shard-index.ts';
export { filesReport } from './preparing/files-report.ts';
export { pipelineSettings } from './preparing/pipeline-settings.ts';
export { type PrepareOptions, prepareDataSet } from './preparing/prepare-data-set.ts';
export { type FilesProgress, prepareFiles } from './preparing/prepare-files.ts';
export type { FilesReport, PrepareProgress, PrepareReport, SideReport } from './preparing/prepare-report.ts';
export { readTexts } from './preparing/read-texts.ts';
export { isPacked, keepFilesReport, readReport, reportName, writeReport } from './preparing/report-file.ts';
export { reportSections } from './preparing/report-sections.ts';
export { SegmentStore } from './preparing/segment-store.ts';
export { heldOutShardName, trainingShardName } from './preparing/split-sides.ts';
export { describeOutcome } from './reading/describe-outcome.ts';
export type { FaultReason, FileFault, FileFormat, FileOutcome, RefusalReason } from './reading/file-outcome.ts';
export { type FolderListing, listFolder } from './reading/list-folder.ts';
export { type ReadItem, type ReadOptions, readFolder } from './reading/read-folder.ts';
export type { ChatMessage, ChatRole, RecordContent, TextEncoding, TextRecord } from './reading/text-record.ts';
export { chatTemplate } from './tokenizer/chat-template.ts';
export {
  coalitionSpecialCount,
  embeddedSpecialCount,
  specialIds,
  specialName,
} from './tokenizer/special-tokens.ts';
export { Tokenizer, type TokenizerPlan, type TokenStreamDecoder } from './tokenizer/tokenizer.ts';
export {
  ggufTokenizer,
  type TokenizerFile,
  tokenizerConfigJson,
  tokenizerFromJson,
  trainTokenizer,
} from './tokenizer/tokenizer-json.ts';
