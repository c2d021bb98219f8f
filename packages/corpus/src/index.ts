// SPDX-License-Identifier: Apache-2.0
export { crossMemberTokens } from './across-members/band-tokens.ts';
export { decideWinners } from './across-members/decide-winners.ts';
export {
  type AdvertisedTexts,
  advertiseEpochKeys,
  drawEpochSeed,
  type EpochIdentity,
  openEpochKey,
  sealEpochKey,
} from './across-members/epoch-key.ts';
export { checkTokenUpload, keptDocuments, makeTokenUpload } from './across-members/token-upload.ts';
export { dataCardPage } from './data-card/card-page.ts';
export { dataCardLines, sectionLines } from './data-card/card-text.ts';
export { croissantJsonLd } from './data-card/croissant.ts';
export { dataCardOf, reportDigest } from './data-card/data-card.ts';
export { documentFingerprint } from './deduplicating/document-fingerprint.ts';
export { findDuplicates } from './deduplicating/find-duplicates.ts';
export { minHashSignature } from './deduplicating/min-hash-kernel.ts';
export { FingerprintReader } from './deduplicating/partition-reader.ts';
export { openFingerprintWriter } from './deduplicating/partition-writer.ts';
export { filesReport } from './preparing/files-report.ts';
export { type Preparation, preparationSchema, writePreparation } from './preparing/preparation.ts';
export { type PrepareOptions, prepareDataSet } from './preparing/prepare-data-set.ts';
export { type FilesProgress, prepareFiles } from './preparing/prepare-files.ts';
export type { FilesReport, PrepareProgress, PrepareReport, SideReport } from './preparing/prepare-report.ts';
export { readSplitTexts, readTexts } from './preparing/read-texts.ts';
export { isPacked, keepFilesReport, readReport, reportName, writeReport } from './preparing/report-file.ts';
export { reportSections } from './preparing/report-sections.ts';
export { SegmentStore } from './preparing/segment-store.ts';
export { heldOutShardName, trainingShardName } from './preparing/split-sides.ts';
export { judge } from './quality/judge.ts';
export { labelText } from './quality/quality-labels.ts';
export { kibanQuality1, qualityProfileSchema } from './quality/quality-profile.ts';
export type { DecodingPort, PortDecoding, RecordFraming, SourceDecoding } from './reading/decoding-port.ts';
export { describeOutcome } from './reading/describe-outcome.ts';
export type { FileFormat } from './reading/file-formats.ts';
export type { FaultReason, FileFault, FileOutcome, RefusalReason } from './reading/file-outcome.ts';
export { type FolderListing, listFolder } from './reading/list-folder.ts';
export { privateUseTableSchema } from './reading/private-use-table.ts';
export type { ReadItem } from './reading/read-content.ts';
export { type ReadOptions, readFolder } from './reading/read-folder.ts';
export type { ReadingLimits } from './reading/reading-limits.ts';
export type {
  ChatMessage,
  ChatRole,
  RecordContent,
  RecordEncoding,
  TextEncoding,
  TextRecord,
} from './reading/text-record.ts';
export type { Merge } from './tokenizer/bpe-trainer.ts';
export { chatTemplate } from './tokenizer/chat-template.ts';
export { acceptMerges } from './tokenizer/federated/accept-merges.ts';
export {
  type AgreedMerge,
  finishTokenizer,
  mergeRoom,
  type NewToken,
  publicBaseMerges,
  type VocabularyShape,
} from './tokenizer/federated/agreed-tokenizer.ts';
export { sketchRows } from './tokenizer/federated/count-sketch.ts';
export { countLimit, type FederatedRules } from './tokenizer/federated/federated-rules.ts';
export { heavyPairs } from './tokenizer/federated/heavy-pairs.ts';
export { candidateColumns, MemberDocuments } from './tokenizer/federated/member-documents.ts';
export { PersonalWords, reviewByDetector } from './tokenizer/federated/personal-words.ts';
export { reviewByWords, type TokenReview } from './tokenizer/federated/token-review.ts';
export { TokenTable } from './tokenizer/federated/token-table.ts';
export { coalitionSpecialCount, embeddedSpecialCount, specialIds, specialName } from './tokenizer/special-tokens.ts';
export { Tokenizer, type TokenizerPlan, type TokenStreamDecoder } from './tokenizer/tokenizer.ts';
export {
  ggufTokenizer,
  type TokenizerFile,
  tokenizerConfigJson,
  tokenizerFromJson,
  trainTokenizer,
} from './tokenizer/tokenizer-json.ts';
export { countWordsOf } from './tokenizer/word-count-threads.ts';
export { cutForTraining } from './tokenizer/word-counts.ts';
