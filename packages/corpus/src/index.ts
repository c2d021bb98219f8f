// SPDX-License-Identifier: Apache-2.0
export { type ShardIndex, shardIndexSchema } from './packing/shard-index.ts';
export {
  heldOutShardName,
  type PrepareOptions,
  prepareDataSet,
  trainingShardName,
} from './preparing/prepare-data-set.ts';
export type { PrepareProgress, PrepareReport, SideReport } from './preparing/prepare-report.ts';
export { readSplitTexts, readTexts } from './preparing/read-texts.ts';
export { describeOutcome } from './reading/describe-outcome.ts';
export type { FaultReason, FileFault, FileFormat, FileOutcome, RefusalReason } from './reading/file-outcome.ts';
export { type FolderListing, listFolder } from './reading/list-folder.ts';
export { type ReadItem, type ReadOptions, readFolder } from './reading/read-folder.ts';
export type { ChatMessage, ChatRole, RecordContent, TextEncoding, TextRecord } from './reading/text-record.ts';
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
export { countWordsOf } from './tokenizer/word-count-threads.ts';
export { cutForTraining } from './tokenizer/word-counts.ts';
