// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  canonicalJson,
  KibanError,
  type Localised,
  type OrganisationId,
  Sealed,
  systemRandom,
  writeFileDurably,
} from '@kiban/core';
import {
  type AdvertisedTexts,
  advertiseEpochKeys,
  drawEpochSeed,
  type EpochIdentity,
  keptDocuments,
  makeTokenUpload,
  openEpochKey,
  sealEpochKey,
} from '@kiban/corpus';
import {
  type DuplicateExchangeState,
  type DuplicateTerms,
  duplicateTermsSchema,
  type HubClient,
} from '@kiban/protocol';

export interface DuplicateExchangeOptions {
  readonly hub: HubClient;
  /** Name of the exchange, as the operator opened it. */
  readonly exchange: string;
  readonly identity: EpochIdentity;
  /** The members that the steward agreed to compare with, itself among them. */
  readonly members: readonly OrganisationId[];
  /** For the secrets of the exchange while it lasts, mode 0600; a folder of its own. */
  readonly directory: string;
  /** Tokens under the epoch key, 14 per document in a fixed order; asked for once. */
  readonly tokens: (key: Sealed<Uint8Array>) => Promise<readonly Uint8Array[]>;
  readonly signal?: AbortSignal;
  /** Time between looks at the hub; default 2,000. */
  readonly pollMs?: number;
}

export interface ComparedDuplicates {
  /** For each document, in the order of its tokens, whether it is kept. */
  readonly kept: readonly boolean[];
  /** Deletes the directory with the secrets; when the answer is stored. */
  forget(): Promise<void>;
}

const fileNames = { seed: 'seed.bin', seal: 'seal.json', upload: 'upload.bin', numbers: 'numbers.bin' } as const;

/**
 * A member's part in comparing duplicates across members, from the terms to its flags. Every secret is on disk before what depends on it is sent, so
 * a run that was killed is called again with the same options and goes on, and a finished one gives the same answer, until it is forgotten.
 * @throws KibanError `exchange-unexpected` for other members, another name or another Unicode version than agreed, `epoch-key-refused`,
 * `hub-unreachable`, the hub's refusals; the signal's reason
 */
export async function compareDuplicates(options: DuplicateExchangeOptions): Promise<ComparedDuplicates> {
  const { hub, exchange, identity, directory, signal } = options;
  const path = (name: keyof typeof fileNames) => join(directory, fileNames[name]);
  const terms = agreedTerms(await hub.duplicateExchange(exchange, signal), options);

  if (!existsSync(path('upload'))) {
    const key = await agreeOnKey(options, terms, path);
    const { bytes, numbers } = makeTokenUpload(await options.tokens(key));
    await writeFileDurably(path('numbers'), new Uint8Array(numbers.buffer), { mode: 0o600 });
    await writeFileDurably(path('upload'), bytes, { mode: 0o600 });
  }
  await hub.putDuplicateTokens(exchange, await readFile(path('upload')), signal);
  const numbers = new Uint32Array(new Uint8Array(await readFile(path('numbers'))).buffer);
  const flags = await untilThere(options, () => hub.duplicateFlags(exchange, signal));
  return {
    kept: keptDocuments(flags, numbers),
    forget: () => rm(directory, { recursive: true, force: true }),
  };

  function agreedTerms(state: DuplicateExchangeState, wanted: DuplicateExchangeOptions): DuplicateTerms {
    const parsed = duplicateTermsSchema.safeParse(JSON.parse(state.terms));
    const asked = parsed.data?.members.map((member) => member.organisation);
    const own = parsed.data?.members.find((member) => member.organisation === identity.organisation);
    if (parsed.data === undefined || canonicalJson(parsed.data) !== state.terms)
      throw unexpected({ ja: '照合条件の形式が正しくありません', en: 'the terms are malformed' });
    if (parsed.data.exchange !== exchange)
      throw unexpected({ ja: '別の照合の条件です', en: 'the terms are of another exchange' });
    if (asked?.join() !== [...new Set(wanted.members)].sort().join() || own === undefined)
      throw unexpected({ ja: '合意と異なるメンバーです', en: 'other members than agreed' });
    if (parsed.data.unicode !== process.versions.unicode)
      throw unexpected({
        ja: `Unicode ${parsed.data.unicode}、このノードは ${process.versions.unicode}`,
        en: `Unicode ${parsed.data.unicode}, this node has ${process.versions.unicode}`,
      });
    return parsed.data;
  }
}

async function agreeOnKey(
  options: DuplicateExchangeOptions,
  terms: DuplicateTerms,
  path: (name: keyof typeof fileNames) => string,
): Promise<Sealed<Uint8Array>> {
  const { hub, exchange, identity, signal } = options;
  if (!existsSync(path('seed')))
    await writeFileDurably(path('seed'), drawEpochSeed(systemRandom).open(), { mode: 0o600 });
  const seed = new Sealed(new Uint8Array(await readFile(path('seed'))));
  await hub.putDuplicateText(exchange, 'advertised', advertiseEpochKeys(terms, identity, seed), signal);
  const advertised = await untilThere(options, async () => {
    const state = await hub.duplicateExchange(exchange, signal);
    if (state.advertised.length < terms.members.length) return undefined;
    return new Map(state.advertised.map(({ organisation, text }) => [organisation, text])) as AdvertisedTexts;
  });
  if (terms.members[0]!.organisation === identity.organisation) {
    if (!existsSync(path('seal'))) {
      const { key, text } = sealEpochKey(terms, identity, seed, advertised, systemRandom);
      const content = JSON.stringify({ key: Buffer.from(key.open()).toString('base64'), text });
      await writeFileDurably(path('seal'), content, { mode: 0o600 });
    }
    const { key, text } = JSON.parse(await readFile(path('seal'), 'utf8')) as { key: string; text: string };
    await hub.putDuplicateText(exchange, 'sealed', text, signal);
    return new Sealed(new Uint8Array(Buffer.from(key, 'base64')));
  }
  const sealed = await untilThere(
    options,
    async () => (await hub.duplicateExchange(exchange, signal)).sealed ?? undefined,
  );
  return openEpochKey(terms, identity, seed, advertised, sealed);
}

async function untilThere<T>(options: DuplicateExchangeOptions, look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(options.pollMs ?? 2_000, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

function unexpected(reason: Localised): KibanError {
  return new KibanError({
    code: 'exchange-unexpected',
    status: 409,
    title: { ja: '合意と異なる照合です', en: 'Not the exchange that was agreed to' },
    detail: {
      ja: `ハブが求める照合は、合意した内容と異なります (${reason.ja})。何も送っていません。運営者に確認してください。`,
      en: `What the hub asks for is not what was agreed to: ${reason.en}. Nothing was sent. Ask the operator.`,
    },
  });
}
