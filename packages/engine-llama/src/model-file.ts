// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';
import { type ChatFormat, renderChatPrompt } from '@kiban/gateway';
import { readGgufHeader } from '@kiban/tensor';
import { byteOfCharacter } from './byte-alphabet.ts';

/** What the engine must know of a GGUF before llama.cpp opens it. */
export interface ModelFile {
  /** That the model was trained for, in tokens. */
  readonly contextLength: number;
  readonly vocabulary: Vocabulary;
  readonly chatFormat: ChatFormat | undefined;
  /** Any of these ends an answer. */
  readonly closingTokens: ReadonlySet<number>;
}

export interface Vocabulary {
  readonly size: number;
  /** By name. */
  readonly specials: ReadonlyMap<string, number>;
  /** UTF-8 of a token, perhaps part of a character; nothing for a control token. */
  bytesOf(token: number): Uint8Array;
  /** Put before a plain text, where the file asks for it (`add_bos_token`). */
  readonly textBegin: number | undefined;
}

const tokenTypes = { control: 3, userDefined: 4 } as const;

/**
 * Reads and checks the header. llama.cpp must not see a damaged file: it may abort the process or never finish.
 * @throws KibanError model-file-invalid, model-not-supported
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const { metadata } = await readGgufHeader(path);
  const architecture = metadata.get('general.architecture');
  const contextLength = metadata.get(`${String(architecture)}.context_length`);
  if (typeof contextLength !== 'number' || contextLength < 2) throw notSupported(path, 'it names no context length');
  const tokenizer = metadata.get('tokenizer.ggml.model');
  if (tokenizer !== 'gpt2')
    throw notSupported(path, `its tokenizer is ${String(tokenizer)}, not byte-level BPE (gpt2)`);
  const names = metadata.get('tokenizer.ggml.tokens');
  const types = metadata.get('tokenizer.ggml.token_type');
  if (!isListOf(names, 'string') || !isListOf(types, 'number') || names.length !== types.length) {
    throw notSupported(path, 'its tokens and their types do not match');
  }
  const id = (name: string) => {
    const value = metadata.get(`tokenizer.ggml.${name}_token_id`);
    return typeof value === 'number' && value < names.length ? value : undefined;
  };
  const begin = id('bos');
  const end = id('eos');
  const vocabulary = makeVocabulary(
    names,
    types,
    metadata.get('tokenizer.ggml.add_bos_token') === true ? begin : undefined,
  );
  const template = metadata.get('tokenizer.chat_template');
  const chatFormat: ChatFormat | undefined =
    typeof template === 'string'
      ? {
          template,
          ...(begin === undefined ? {} : { beginToken: names[begin]! }),
          ...(end === undefined ? {} : { endToken: names[end]! }),
          specialTokens: [...vocabulary.specials.keys()],
        }
      : undefined;
  const closingTokens = new Set([end, id('eot'), id('eom')].filter((token) => token !== undefined));
  for (const name of chatFormat === undefined ? [] : turnTokens(chatFormat)) {
    const token = vocabulary.specials.get(name);
    if (token !== undefined) closingTokens.add(token);
  }
  return { contextLength, vocabulary, chatFormat, closingTokens };
}

function makeVocabulary(names: readonly string[], types: readonly number[], textBegin: number | undefined): Vocabulary {
  const specials = new Map<string, number>();
  names.forEach((name, token) => {
    if (types[token] === tokenTypes.control) specials.set(name, token);
  });
  const nothing = new Uint8Array(0);
  return {
    size: names.length,
    specials,
    textBegin,
    bytesOf: (token) => {
      const name = names[token];
      if (name === undefined || types[token] === tokenTypes.control) return nothing;
      if (types[token] === tokenTypes.userDefined) return Buffer.from(name, 'utf8');
      return Uint8Array.from([...name].flatMap((character) => byteOfCharacter.get(character) ?? []));
    },
  };
}

/**
 * Control tokens by which the template builds a conversation. A model that writes one of them has left its turn: what would follow is an
 * invented question, so that they all end the answer.
 */
function turnTokens(format: ChatFormat): readonly string[] {
  try {
    const sample = renderChatPrompt(format, [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c' },
    ]);
    return sample.flatMap((segment) => (segment.kind === 'special' ? [segment.name] : []));
  } catch {
    return [];
  }
}

function isListOf<T extends 'string' | 'number'>(
  value: unknown,
  type: T,
): value is readonly (T extends 'string' ? string : number)[] {
  return Array.isArray(value) && value.every((item) => typeof item === type);
}

function notSupported(path: string, reason: string): KibanError {
  return new KibanError({
    code: 'model-not-supported',
    status: 422,
    title: { ja: 'このモデルは使えません', en: 'Model not supported' },
    detail: {
      ja: `${path}: このモデルは推論エンジンで使えません (${reason})。`,
      en: `${path}: the inference engine cannot use this model: ${reason}.`,
    },
  });
}
