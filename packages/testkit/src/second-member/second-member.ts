// SPDX-License-Identifier: Apache-2.0
import { x25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import {
  bytesToHex,
  canonicalText,
  concatBytes,
  fromBase64,
  h,
  sameBytes,
  sha256OfText,
  toBase64,
  transcript,
} from './byte-encoding.ts';
import { splitSecret } from './gf256-sharing.ts';
import { channelKey, deriveKey, pairSecret, seal, unseal } from './key-schedule.ts';
import { maskValues, type SignedStream } from './ring-masking.ts';
import { openText, publicKeyOf, signText } from './signed-text.ts';

interface Plan {
  readonly roster: readonly { readonly organisation: string; readonly roundPublicKey: string }[];
  readonly threshold: number;
  readonly quorum: number;
  readonly wordCount: number;
  readonly bits: number;
  readonly shardBytes: number;
  readonly scalars: readonly { readonly name: string; readonly scale: number }[];
}

interface Entry {
  readonly organisation: string;
  readonly message: string;
  readonly part?: { readonly ciphertext: string; readonly box: string };
}

interface Peer {
  readonly agreed: Uint8Array;
  readonly encapsulated: Uint8Array;
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are read field by field, as a reader of the document would
type Body = any;

export interface SecondMemberOptions {
  readonly planText: string;
  /** Ed25519 SPKI in base64. */
  readonly hubPublicKey: string;
  readonly organisation: string;
  /** Ed25519 seed of the key in the roster, 32 bytes. */
  readonly signSeed: Uint8Array;
  readonly random: (length: number) => Uint8Array;
}

/**
 * A member of secure aggregation as `docs/protocol/secure-aggregation.md` describes it: slow, plain, without the product's code, so that the two
 * prove each other. It keeps nothing on disk and is for tests only. Every check that fails throws.
 */
export class SecondMember {
  readonly plan: Plan;
  readonly organisation: string;
  readonly #planHash: Uint8Array;
  readonly #hubKey: Uint8Array;
  readonly #index: number;
  readonly #signSeed: Uint8Array;
  readonly #random: (length: number) => Uint8Array;
  readonly #xSecret: Uint8Array;
  readonly #kem: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  readonly #selfSeed: Uint8Array;
  readonly #boxKey: Uint8Array;
  readonly #sent = new Map<string, string>();
  readonly #lists = new Map<string, { readonly members: readonly string[]; readonly transcript: Uint8Array }>();
  readonly #peers = new Map<string, Peer>();
  /** By dealer: of the own-mask seed, of the box key. */
  readonly #shares = new Map<string, readonly [Uint8Array, Uint8Array]>();
  readonly #pairs = new Map<string, Uint8Array>();

  constructor(options: SecondMemberOptions) {
    this.#hubKey = publicKeyOf(options.hubPublicKey);
    const body = openText('plan', options.planText, this.#hubKey);
    this.plan = JSON.parse(body) as Plan;
    this.#planHash = sha256OfText(body);
    this.organisation = options.organisation;
    this.#index = this.#indexOf(options.organisation);
    this.#signSeed = options.signSeed;
    this.#random = options.random;
    this.#xSecret = options.random(32);
    this.#kem = ml_kem768.keygen(options.random(64));
    this.#selfSeed = options.random(32);
    this.#boxKey = options.random(32);
  }

  advertise(): string {
    return this.#send('advertise', this.#planHash, {
      x25519: toBase64(x25519.getPublicKey(this.#xSecret)),
      mlKem768: toBase64(this.#kem.publicKey),
    });
  }

  /** From the `keys` list: the `share` message. */
  share(keysText: string): string {
    const { list, bodies } = this.#readList('keys', 'advertise', keysText, this.#planHash, this.#names());
    const { members, transcript: t1 } = list;
    const keys = bodies.flatMap((body) => [body.x25519, body.mlKem768]);
    if (new Set(keys).size !== keys.length) throw new Error('keys: one twice');
    const selfShares = splitSecret(this.#selfSeed, members.length, this.plan.threshold, this.#random);
    const boxShares = splitSecret(this.#boxKey, members.length, this.plan.threshold, this.#random);
    const parts: { to: string; part: { ciphertext: string; box: string } }[] = [];
    for (const [place, body] of bodies.entries()) {
      const own = [selfShares[place], boxShares[place]] as [Uint8Array, Uint8Array];
      if (body.from === this.organisation) {
        this.#shares.set(body.from, own);
        continue;
      }
      const to = this.#indexOf(body.from);
      const agreed = x25519.getSharedSecret(this.#xSecret, fromBase64(body.x25519));
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(fromBase64(body.mlKem768), this.#random(32));
      const key = channelKey(t1, this.#index, to, sharedSecret, agreed, cipherText);
      const box = seal(key, this.#random(12), t1, this.#index, to, concatBytes(...own));
      parts.push({ to: body.from, part: { ciphertext: toBase64(cipherText), box: toBase64(box) } });
      this.#peers.set(body.from, { agreed, encapsulated: sharedSecret });
    }
    const committed = (kind: string, to: string, share: Uint8Array) =>
      toBase64(h('commit/share', [t1, this.#index, this.#indexOf(to), kind, share]));
    const header = this.#send('share', t1, {
      self: toBase64(h('commit/self', [t1, this.#index, this.#selfSeed])),
      box: toBase64(h('commit/box', [t1, this.#index, this.#boxKey])),
      shares: members.map((to, place) => ({
        to,
        self: committed('self', to, selfShares[place] as Uint8Array),
        box: committed('box', to, boxShares[place] as Uint8Array),
      })),
      parts: parts.map(({ to, part }) => ({ to, sha256: bytesToHex(sha256OfText(canonicalText(part))) })),
    });
    return canonicalText({ header, parts });
  }

  /** From the `shares` list: the `confirm` message. */
  confirm(sharesText: string): string {
    const t1 = this.#list('keys').transcript;
    const { list, bodies, entries } = this.#readList('shares', 'share', sharesText, t1, this.#list('keys').members);
    const t2 = list.transcript;
    for (const [place, body] of bodies.entries()) {
      if (body.from === this.organisation) continue;
      const from = this.#indexOf(body.from);
      const { part } = entries[place] as Entry;
      const digest = body.parts.find((one: Body) => one.to === this.organisation)?.sha256;
      if (part === undefined || bytesToHex(sha256OfText(canonicalText(part))) !== digest)
        throw new Error('shares: part');
      const ciphertext = fromBase64(part.ciphertext);
      const received = ml_kem768.decapsulate(ciphertext, this.#kem.secretKey);
      const { agreed, encapsulated } = this.#peers.get(body.from) as Peer;
      const key = channelKey(t1, from, this.#index, received, agreed, ciphertext);
      const plaintext = unseal(key, t1, from, this.#index, fromBase64(part.box));
      const dealt = [plaintext.slice(0, 33), plaintext.slice(33)] as [Uint8Array, Uint8Array];
      const committed = body.shares.find((one: Body) => one.to === this.organisation);
      for (const [which, kind] of ['self', 'box'].entries()) {
        const expected = h('commit/share', [t1, from, this.#index, kind, dealt[which] as Uint8Array]);
        if (!sameBytes(expected, fromBase64(committed[kind]))) throw new Error(`shares: ${kind} share of ${body.from}`);
      }
      this.#shares.set(body.from, dealt);
      const [low, high] = this.#index < from ? [this.#index, from] : [from, this.#index];
      const [lowToHigh, highToLow] = this.#index < from ? [encapsulated, received] : [received, encapsulated];
      this.#pairs.set(body.from, pairSecret(t2, low, high, lowToHigh, highToLow, agreed));
    }
    const peers = list.members.filter((name) => name !== this.organisation);
    const secrets = peers.map((name) => this.#pairs.get(name) as Uint8Array);
    const boxSealing = deriveKey(this.#boxKey, t2, 'box', [this.#index]);
    return this.#send('confirm', t2, {
      pairs: peers.map((name) => ({ with: name, commitment: toBase64(this.#pairCommitment(t2, name)) })),
      box: toBase64(seal(boxSealing, this.#random(12), t2, this.#index, this.#index, concatBytes(...secrets))),
    });
  }

  /** From the `confirms` list: whether both ends of every own pair agree. */
  agree(confirmsText: string): void {
    const t2 = this.#list('shares').transcript;
    const { bodies } = this.#readList('confirms', 'confirm', confirmsText, t2, this.#list('shares').members);
    for (const body of bodies) {
      if (body.from === this.organisation) continue;
      const theirs = body.pairs.find((one: Body) => one.with === this.organisation);
      if (!sameBytes(fromBase64(theirs.commitment), this.#pairCommitment(t2, body.from))) {
        throw new Error(`confirms: pair with ${body.from}`);
      }
    }
  }

  /** Masked shards of the whole vector, in order. */
  maskedShards(levels: readonly number[]): Uint8Array[] {
    const { bits, shardBytes, wordCount } = this.plan;
    const wordsPerShard = (shardBytes * 8) / bits;
    const streams = this.#streams('words');
    const shards: Uint8Array[] = [];
    for (let first = 0; first < wordCount; first += wordsPerShard) {
      const values = levels.slice(first, Math.min(first + wordsPerShard, wordCount)).map(BigInt);
      shards.push(maskValues(values, bits, streams, first));
    }
    return shards;
  }

  /** @param scalars in the plan's order, each in its own unit */
  manifest(levels: readonly number[], shards: readonly Uint8Array[], scalars: readonly number[]): string {
    const integers = this.plan.scalars.map(({ scale }, place) =>
      BigInt(Math.round((scalars[place] as number) * scale)),
    );
    return this.#send('manifest', this.#list('confirms').transcript, {
      words: this.plan.wordCount,
      bits: this.plan.bits,
      shards: shards.map((bytes, n) => ({ n, length: bytes.length, sha256: bytesToHex(sha256(bytes)) })),
      scalars: toBase64(maskValues(integers, 32, this.#streams('scalars'), 0)),
      update: toBase64(h('commit/update', [this.#random(32), sha256(Uint8Array.from(levels, (level) => level & 255))])),
    });
  }

  /** From the `survivors` list: the signature on T4. */
  sign(survivorsText: string): string {
    const { transcript: t3, members } = this.#list('confirms');
    const { list } = this.#readList('survivors', 'manifest', survivorsText, t3, members);
    return this.#send('signature', list.transcript, {});
  }

  /** From the `signatures` list: per member of U3 one kind of share. */
  open(signaturesText: string): string {
    const { transcript: t4, members: survivors } = this.#list('survivors');
    const confirmers = this.#list('confirms').members;
    const { members } = this.#readBody('signatures', signaturesText);
    const signers = new Set(members.map((entry) => entry.organisation));
    for (const { organisation, message } of members) this.#readMessage('signature', organisation, t4, message);
    if (signers.size < this.plan.threshold) throw new Error('signatures: too few');
    const shareOf = (of: string, which: 0 | 1) => ({
      of,
      share: toBase64((this.#shares.get(of) as readonly [Uint8Array, Uint8Array])[which]),
    });
    return this.#send('opening', t4, {
      self: survivors.map((of) => shareOf(of, 0)),
      box: confirmers.filter((of) => !survivors.includes(of)).map((of) => shareOf(of, 1)),
    });
  }

  #streams(kind: 'words' | 'scalars'): SignedStream[] {
    const { transcript: t3, members } = this.#list('confirms');
    const streams: SignedStream[] = [{ key: deriveKey(this.#selfSeed, t3, `self/${kind}`, [this.#index]), sign: 1n }];
    for (const peer of members) {
      if (peer === this.organisation) continue;
      const other = this.#indexOf(peer);
      const ends = [Math.min(this.#index, other), Math.max(this.#index, other)];
      const key = deriveKey(this.#pairs.get(peer) as Uint8Array, t3, `mask/${kind}`, ends);
      streams.push({ key, sign: this.#index < other ? 1n : -1n });
    }
    return streams;
  }

  #pairCommitment(t2: Uint8Array, peer: string): Uint8Array {
    const other = this.#indexOf(peer);
    const ends = [Math.min(this.#index, other), Math.max(this.#index, other)];
    return h('commit/pair', [t2, ...ends, this.#pairs.get(peer) as Uint8Array]);
  }

  /** Hub's signature, order, subset, quorum, every member's signature, own words unchanged; keeps members and transcript. */
  #readList(name: string, stage: string, text: string, before: Uint8Array, earlier: readonly string[]) {
    const { members: entries, to } = this.#readBody(name, text);
    if (to !== undefined && to !== this.organisation) throw new Error(`${name}: for somebody else`);
    const members = entries.map((entry) => entry.organisation);
    const indices = members.map((member) => this.#indexOf(member));
    if (members.some((member) => !earlier.includes(member))) throw new Error(`${name}: a stranger`);
    if (indices.some((index, place) => place > 0 && index <= (indices[place - 1] as number))) {
      throw new Error(`${name}: order`);
    }
    if (members.length < this.plan.quorum) throw new Error(`${name}: below the quorum`);
    const bodies = entries.map(({ organisation, message }) => this.#readMessage(stage, organisation, before, message));
    const own = entries.find((entry) => entry.organisation === this.organisation);
    if (own === undefined ? name !== 'survivors' : own.message !== this.#sent.get(stage)) {
      throw new Error(`${name}: own message`);
    }
    const listed = entries.map(({ message }, place) => ({ index: indices[place] as number, text: message }));
    const list = { members, transcript: transcript(name, before, listed) };
    this.#lists.set(name, list);
    return { list, bodies, entries };
  }

  #readBody(name: string, text: string): { readonly members: readonly Entry[]; readonly to?: string } {
    const body = JSON.parse(openText('list', text, this.#hubKey)) as Body;
    if (body.list !== name || body.plan !== bytesToHex(this.#planHash)) throw new Error(`${name}: another list`);
    return body;
  }

  #readMessage(stage: string, from: string, before: Uint8Array, text: string): Body {
    const key = publicKeyOf(this.plan.roster[this.#indexOf(from)]?.roundPublicKey ?? '');
    const body = JSON.parse(openText(stage, text, key)) as Body;
    const fits = body.plan === bytesToHex(this.#planHash) && body.from === from && body.before === bytesToHex(before);
    if (!fits) throw new Error(`${stage} of ${from}: misdirected`);
    return body;
  }

  #send(stage: string, before: Uint8Array, fields: object): string {
    const head = { v: 1, plan: bytesToHex(this.#planHash), from: this.organisation, before: bytesToHex(before) };
    const text = signText(stage, { ...head, ...fields }, this.#signSeed);
    this.#sent.set(stage, text);
    return text;
  }

  #list(name: string): { readonly members: readonly string[]; readonly transcript: Uint8Array } {
    const list = this.#lists.get(name);
    if (list === undefined) throw new Error(`the list ${name} is not there yet`);
    return list;
  }

  #names(): readonly string[] {
    return this.plan.roster.map((member) => member.organisation);
  }

  #indexOf(organisation: string): number {
    const index = this.#names().indexOf(organisation);
    if (index < 0) throw new Error(`${organisation} is not on the roster`);
    return index;
  }
}
