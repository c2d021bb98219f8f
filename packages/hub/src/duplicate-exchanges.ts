// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, KibanError, type Localised, type OrganisationId, writeFileDurably } from '@kiban/core';
import { checkTokenUpload } from '@kiban/corpus';
import { type DuplicateExchangeState, type DuplicateTerms, duplicateTermsSchema } from '@kiban/protocol';
import type { EventLog } from '@kiban/store-sql';
import { decideInWorker } from './duplicate-decision-worker.ts';
import type { Members } from './members.ts';
import { problems } from './problems.ts';

/** Longest key text, in bytes: a seal to 63 members. */
const longestText = 256 * 1024;

const fileNames = {
  terms: 'terms.json',
  sealed: 'sealed.txt',
  decided: 'decided.json',
  advertised: (organisation: string) => `advertised-${organisation}.txt`,
  tokens: (organisation: string) => `tokens-${organisation}.bin`,
  flags: (organisation: string) => `flags-${organisation}.bin`,
} as const;

/**
 * Comparisons of duplicates across members, as files of one folder each: what is there says how far an exchange is. Each member gives one text and
 * one upload per exchange and never another; flags are given out only when every upload is in and the decision is whole on disk, and then the
 * uploads are deleted. The hub keeps no key, and nothing here could use one.
 */
export class DuplicateExchanges {
  readonly #directory: string;
  readonly #members: Members;
  readonly #events: EventLog;
  /** Steps of one exchange run one after the other. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(directory: string, members: Members, events: EventLog) {
    this.#directory = directory;
    this.#members = members;
    this.#events = events;
  }

  /** Opens an exchange between members. @throws KibanError `exchange-exists`, `participants-unknown` */
  async open(exchange: string, organisations: readonly OrganisationId[]): Promise<DuplicateTerms> {
    const known = new Map((await this.#members.list()).map((member) => [member.organisation, member.roundKey]));
    const missing = organisations.filter((organisation) => !known.has(organisation));
    if (missing.length > 0) throw problems.participantsUnknown(missing);
    const members = [...new Set(organisations)]
      .sort()
      .map((organisation) => ({ organisation, roundKey: known.get(organisation)! }));
    const terms = duplicateTermsSchema.parse({ version: 1, exchange, unicode: process.versions.unicode, members });
    await this.#inOrder(exchange, async () => {
      if (existsSync(this.#path(exchange, fileNames.terms))) throw exchangeExists(exchange);
      await writeFileDurably(this.#path(exchange, fileNames.terms), canonicalJson(terms));
    });
    await this.#events.record('duplicate-exchange-opened', { exchange, members: organisations.length });
    return terms;
  }

  async state(exchange: string, caller: OrganisationId): Promise<DuplicateExchangeState> {
    const { text, terms } = await this.#terms(exchange, caller);
    const advertised: DuplicateExchangeState['advertised'] = [];
    const uploaded: OrganisationId[] = [];
    const decided = existsSync(this.#path(exchange, fileNames.decided));
    for (const { organisation } of terms.members) {
      const own = await this.#read(exchange, fileNames.advertised(organisation));
      if (own !== undefined) advertised.push({ organisation, text: own.toString('utf8') });
      if (decided || existsSync(this.#path(exchange, fileNames.tokens(organisation)))) uploaded.push(organisation);
    }
    const sealed = (await this.#read(exchange, fileNames.sealed))?.toString('utf8') ?? null;
    return { terms: text, advertised, sealed, uploaded };
  }

  /** @throws KibanError `not-found`, `exchange-step-refused` for another text than before or one that is too long */
  async putAdvertised(exchange: string, caller: OrganisationId, text: Uint8Array): Promise<void> {
    await this.#terms(exchange, caller);
    await this.#putOnce(exchange, fileNames.advertised(caller), text);
  }

  /** Only from the first member, when all have advertised. */
  async putSealed(exchange: string, caller: OrganisationId, text: Uint8Array): Promise<void> {
    const { terms } = await this.#terms(exchange, caller);
    if (terms.members[0]!.organisation !== caller)
      throw stepRefused({ ja: '鍵を作るのは別のメンバーです', en: 'another member draws the key' });
    if (terms.members.some((own) => !existsSync(this.#path(exchange, fileNames.advertised(own.organisation)))))
      throw stepRefused({ ja: 'まだ全メンバーが鍵を公開していません', en: 'not all members have advertised' });
    await this.#putOnce(exchange, fileNames.sealed, text);
  }

  /** Once per member and exchange: each flag tells something, so nobody may try a second set. @throws KibanError `duplicate-tokens-invalid` */
  async putTokens(exchange: string, caller: OrganisationId, bytes: Uint8Array): Promise<void> {
    await this.#terms(exchange, caller);
    if (!existsSync(this.#path(exchange, fileNames.sealed)))
      throw stepRefused({ ja: '鍵がまだありません', en: 'there is no key yet' });
    const documents = checkTokenUpload(bytes);
    const stored = await this.#putOnce(exchange, fileNames.tokens(caller), bytes, {
      longest: Number.POSITIVE_INFINITY,
      // The uploads are gone then: what still comes is a repetition, and nothing is made of it.
      isOver: () => existsSync(this.#path(exchange, fileNames.decided)),
    });
    if (!stored) return;
    await this.#events.record('duplicate-tokens-received', { exchange, organisation: caller, documents });
  }

  /** A member's own flags; `undefined` as long as not all uploads are in. */
  async flags(exchange: string, caller: OrganisationId): Promise<Uint8Array | undefined> {
    const { terms } = await this.#terms(exchange, caller);
    await this.#inOrder(exchange, () => this.#decide(exchange, terms));
    if (!existsSync(this.#path(exchange, fileNames.decided))) return undefined;
    return this.#read(exchange, fileNames.flags(caller));
  }

  /** Decides when it is time and it was not done. A decision that a crash cut off is made anew, with another nonce: nobody saw a flag of it. */
  async #decide(exchange: string, terms: DuplicateTerms): Promise<void> {
    if (existsSync(this.#path(exchange, fileNames.decided))) return;
    const members = terms.members.map((member) => member.organisation);
    const uploads = members.map((organisation) => this.#path(exchange, fileNames.tokens(organisation)));
    if (!uploads.every((path) => existsSync(path))) return;
    const decisions = await decideInWorker({ members, uploads, nonce: new Uint8Array(randomBytes(32)) });
    for (const [index, organisation] of members.entries())
      await writeFileDurably(this.#path(exchange, fileNames.flags(organisation)), decisions[index]!);
    await writeFileDurably(this.#path(exchange, fileNames.decided), '{}');
    for (const path of uploads) await rm(path, { force: true });
    await this.#events.record('duplicate-exchange-decided', { exchange });
  }

  async #terms(exchange: string, caller: OrganisationId): Promise<{ text: string; terms: DuplicateTerms }> {
    const text = (await this.#read(exchange, fileNames.terms))?.toString('utf8');
    const terms = text === undefined ? undefined : duplicateTermsSchema.parse(JSON.parse(text));
    if (text === undefined || !terms?.members.some((member) => member.organisation === caller))
      throw problems.notFound(`exchange ${exchange}`);
    return { text, terms };
  }

  /** @returns false when nothing was stored: it is there already, or `isOver` by the time that it is its turn */
  async #putOnce(
    exchange: string,
    name: string,
    bytes: Uint8Array,
    { longest = longestText, isOver = () => false }: { longest?: number; isOver?: () => boolean } = {},
  ): Promise<boolean> {
    if (bytes.length > longest) throw stepRefused({ ja: '文が長すぎます', en: 'the text is too long' });
    const stored = await this.#inOrder(exchange, async () => {
      if (isOver()) return false;
      const before = await this.#read(exchange, name);
      if (before?.equals(bytes)) return false;
      if (before !== undefined)
        throw stepRefused({ ja: '以前に別の内容を受け取っています', en: 'something else was received before' });
      await writeFileDurably(this.#path(exchange, name), bytes, { mode: 0o600 });
      return true;
    });
    if (stored) this.#events.wake();
    return stored;
  }

  async #read(exchange: string, name: string): Promise<Buffer | undefined> {
    const path = this.#path(exchange, name);
    return existsSync(path) ? readFile(path) : undefined;
  }

  #path(exchange: string, name: string): string {
    return join(this.#directory, exchange, name);
  }

  async #inOrder<T>(exchange: string, step: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(exchange) ?? Promise.resolve();
    const next = before.then(step, step);
    const settled = next.catch(() => undefined);
    this.#queues.set(exchange, settled);
    try {
      return await next;
    } finally {
      if (this.#queues.get(exchange) === settled) this.#queues.delete(exchange);
    }
  }
}

/** Deletes what a decision left behind that is no longer needed; to be called at start. */
export async function clearDecidedTokens(directory: string): Promise<void> {
  if (!existsSync(directory)) return;
  for (const exchange of await readdir(directory)) {
    const folder = join(directory, exchange);
    if (!existsSync(join(folder, fileNames.decided))) continue;
    for (const name of await readdir(folder)) if (name.startsWith('tokens-')) await rm(join(folder, name));
  }
}

function exchangeExists(exchange: string): KibanError {
  return new KibanError({
    code: 'exchange-exists',
    status: 409,
    title: { ja: '同じ名前の照合があります', en: 'An exchange of that name exists' },
    detail: {
      ja: `照合 ${exchange} はすでにあります。別の名前にしてください。`,
      en: `There is an exchange ${exchange} already. Take another name.`,
    },
  });
}

function stepRefused(reason: Localised): KibanError {
  return new KibanError({
    code: 'exchange-step-refused',
    status: 409,
    title: { ja: '照合のこの手順は受け付けられません', en: 'This step of the exchange is refused' },
    detail: {
      ja: `照合の手順を受け付けられません (${reason.ja})。`,
      en: `The step of the exchange is refused: ${reason.en}.`,
    },
  });
}
