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
export { cutForTraining } from './tokenizer/word-counts.ts';
