// SPDX-License-Identifier: Apache-2.0
export { normalise, type ProfileName } from './normalising/profiles.ts';
export { type ShardIndex, shardIndexSchema } from './packing/shard-index.ts';
export {
  heldOutShardName,
  type PrepareOptions,
  prepareDataSet,
  trainingShardName,
} from './preparing/prepare-data-set.ts';
export type { PrepareProgress, PrepareReport, SideReport } from './preparing/prepare-report.ts';
export { readTexts } from './preparing/read-texts.ts';
export type { DecodingPort, PortDecoding, RecordFraming, SourceDecoding } from './reading/decoding-port.ts';
export { describeOutcome } from './reading/describe-outcome.ts';
export type { FileFormat } from './reading/file-formats.ts';
export type { FaultReason, FileFault, FileOutcome, RefusalReason } from './reading/file-outcome.ts';
export type { KnownFile, KnownFiles } from './reading/known-file.ts';
export { type FolderListing, listFolder } from './reading/list-folder.ts';
export { PrivateUseTable } from './reading/private-use-table.ts';
export { type ChangeItem, type ReadChangedOptions, readChangedFiles } from './reading/read-changed-files.ts';
export type { ReadItem } from './reading/read-content.ts';
export { type ReadOptions, readFolder } from './reading/read-folder.ts';
export { defaultReadingLimits, type ReadingLimits } from './reading/reading-limits.ts';
export type {
  ChatMessage,
  ChatRole,
  RecordContent,
  RecordEncoding,
  TextEncoding,
  TextRecord,
} from './reading/text-record.ts';
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
