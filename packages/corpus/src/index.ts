// SPDX-License-Identifier: Apache-2.0
export { type ShardIndex, shardIndexSchema } from './packing/shard-index.ts';
export { type PrepareOptions, prepareDataSet } from './preparing/prepare-data-set.ts';
export type { PrepareProgress, PrepareReport, SideReport } from './preparing/prepare-report.ts';
export { readTexts } from './preparing/read-texts.ts';
export { heldOutShardName, trainingShardName } from './preparing/split-sides.ts';
export type { DecodingPort, PortDecoding, RecordFraming, SourceDecoding } from './reading/decoding-port.ts';
export { describeOutcome } from './reading/describe-outcome.ts';
export type { FileFormat } from './reading/file-formats.ts';
export type { FaultReason, FileFault, FileOutcome, RefusalReason } from './reading/file-outcome.ts';
export { type FolderListing, listFolder } from './reading/list-folder.ts';
export { PrivateUseTable } from './reading/private-use-table.ts';
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
