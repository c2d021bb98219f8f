// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type OrganisationId, type RandomSource, Sealed, sha256Hex } from '@kiban/core';
import {
  type AgreementKeyPair,
  decodeBase64,
  encodeBase64,
  hkdfSha256,
  mlKem768Decapsulate,
  mlKem768Encapsulate,
  mlKem768KeyPair,
  openBox,
  type SigningKey,
  sealBox,
  x25519KeyPair,
  x25519SharedSecret,
} from '@kiban/crypto';
import { type DuplicateTerms, type EpochAdvertise, epochAdvertiseSchema, epochSealSchema } from '@kiban/protocol';
import { encodeParts, epochKeyRefused, hashParts, readSignedText, signText } from './signed-text.ts';

export interface EpochIdentity {
  readonly organisation: OrganisationId;
  /** The enrolled round key. */
  readonly signKey: SigningKey;
}

/** Advertised texts by member, as they were signed. */
export type AdvertisedTexts = ReadonlyMap<OrganisationId, string>;

/** 96 bytes from which a member's agreement keys of one exchange are made; to be kept until the epoch key is there, then erased. */
export type EpochSeed = Sealed<Uint8Array>;

const seedBytes = 96;
const keyBytes = 32;

export function drawEpochSeed(random: RandomSource): EpochSeed {
  return new Sealed(random.bytes(seedBytes));
}

/** First message of every member: agreement keys for this exchange alone, signed by its round key. The same seed gives the same text. */
export function advertiseEpochKeys(terms: DuplicateTerms, identity: EpochIdentity, seed: EpochSeed): string {
  const { x25519, mlKem } = keyPairs(seed);
  const body: EpochAdvertise = {
    stage: 'advertise',
    from: identity.organisation,
    terms: sha256Hex(canonicalJson(terms)),
    x25519: encodeBase64(x25519.publicKey),
    mlKem768: encodeBase64(mlKem.publicKey),
  };
  return signText('advertise', body, identity.signKey);
}

/**
 * What the first member of the terms does when all have advertised: draws the epoch key and seals it to each other one, under ML-KEM-768 and X25519
 * together, as members seal their shares in secure aggregation. Whoever carries the text, the hub above all, cannot open it.
 * @throws KibanError `epoch-key-refused` for a text that its member did not sign, or that is about other terms
 */
export function sealEpochKey(
  terms: DuplicateTerms,
  identity: EpochIdentity,
  seed: EpochSeed,
  advertised: AdvertisedTexts,
  random: RandomSource,
): { readonly key: Sealed<Uint8Array>; readonly text: string } {
  if (identity.organisation !== drawer(terms))
    throw epochKeyRefused(identity.organisation, {
      ja: '鍵を作るのは別のメンバーです',
      en: 'another member draws the key',
    });
  const { bodies, transcript } = readAdvertised(terms, advertised);
  const key = random.bytes(keyBytes);
  const own = keyPairs(seed);
  const parts = bodies
    .filter(({ from }) => from !== identity.organisation)
    .map((body) => {
      const agreed = x25519SharedSecret(own.x25519.privateKey, decodeBase64(body.x25519, 32) ?? new Uint8Array());
      const kem = mlKem768Encapsulate(decodeBase64(body.mlKem768, 1184) ?? new Uint8Array());
      if (agreed === undefined || kem === undefined)
        throw epochKeyRefused(body.from, { ja: 'その鍵は使えません', en: 'its keys cannot be used' });
      const channel = channelOf(transcript, identity.organisation, body.from, kem.sharedSecret, agreed, kem.ciphertext);
      const box = sealBox({
        key: channel,
        nonce: random.bytes(12),
        associatedData: encodeParts('associated', [transcript, body.from]),
        plaintext: key,
      });
      return { to: body.from, ciphertext: encodeBase64(kem.ciphertext), box: encodeBase64(box) };
    });
  const body = { stage: 'seal', from: identity.organisation, transcript: transcript.toString('hex'), parts };
  return { key: new Sealed(key), text: signText('seal', body, identity.signKey) };
}

/**
 * The epoch key from the first member's text. That it opens also says that the first member saw the same terms, with the same round keys, and the
 * same advertised texts.
 * @throws KibanError `epoch-key-refused`
 */
export function openEpochKey(
  terms: DuplicateTerms,
  identity: EpochIdentity,
  seed: EpochSeed,
  advertised: AdvertisedTexts,
  sealed: string,
): Sealed<Uint8Array> {
  const { bodies, transcript } = readAdvertised(terms, advertised);
  const from = drawer(terms);
  const own = keyPairs(seed);
  const mine = bodies.find((body) => body.from === identity.organisation);
  if (mine === undefined || mine.x25519 !== encodeBase64(own.x25519.publicKey))
    throw epochKeyRefused(identity.organisation, {
      ja: '公開された文が自社のものではありません',
      en: 'the advertised text is not our own',
    });
  const body = readSignedText(terms, 'seal', from, epochSealSchema, sealed);
  if (body.transcript !== transcript.toString('hex'))
    throw epochKeyRefused(from, { ja: '別の照合条件または鍵を見ています', en: 'it saw other terms or keys' });
  const part = body.parts.find(({ to }) => to === identity.organisation);
  const ciphertext = decodeBase64(part?.ciphertext ?? '', 1088);
  const box = decodeBase64(part?.box ?? '');
  const theirs = bodies.find((other) => other.from === from)!;
  const agreed = x25519SharedSecret(own.x25519.privateKey, decodeBase64(theirs.x25519, 32) ?? new Uint8Array());
  const encapsulated = ciphertext && mlKem768Decapsulate(own.mlKem.privateKey, ciphertext);
  if (!ciphertext || !box || !agreed || !encapsulated)
    throw epochKeyRefused(from, { ja: '自社あての部分の形式が正しくありません', en: 'its part for us is malformed' });
  const key = openBox({
    key: channelOf(transcript, from, identity.organisation, encapsulated, agreed, ciphertext),
    associatedData: encodeParts('associated', [transcript, identity.organisation]),
    box,
  });
  if (key?.length !== keyBytes)
    throw epochKeyRefused(from, { ja: '自社あての部分を開けません', en: 'its part for us does not open' });
  return new Sealed(key);
}

function drawer(terms: DuplicateTerms): OrganisationId {
  return terms.members[0]!.organisation;
}

/** Every member's text, read and checked, and the hash of them all in the order of the terms. */
function readAdvertised(
  terms: DuplicateTerms,
  advertised: AdvertisedTexts,
): { readonly bodies: readonly EpochAdvertise[]; readonly transcript: Buffer } {
  const digest = sha256Hex(canonicalJson(terms));
  const texts: string[] = [];
  const bodies = terms.members.map(({ organisation }) => {
    const text = advertised.get(organisation);
    if (text === undefined)
      throw epochKeyRefused(organisation, { ja: '鍵をまだ公開していません', en: 'it has not advertised' });
    const body = readSignedText(terms, 'advertise', organisation, epochAdvertiseSchema, text);
    if (body.terms !== digest)
      throw epochKeyRefused(organisation, { ja: '別の照合条件を見ています', en: 'it saw other terms' });
    texts.push(text);
    return body;
  });
  return { bodies, transcript: hashParts('transcript', [digest, ...texts]) };
}

function keyPairs(seed: EpochSeed): { readonly x25519: AgreementKeyPair; readonly mlKem: AgreementKeyPair } {
  const bytes = seed.open();
  return { x25519: x25519KeyPair(bytes.subarray(0, 32)), mlKem: mlKem768KeyPair(bytes.subarray(32, seedBytes)) };
}

function channelOf(
  transcript: Uint8Array,
  from: OrganisationId,
  to: OrganisationId,
  encapsulated: Uint8Array,
  agreed: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  return hkdfSha256({
    secret: Buffer.concat([encapsulated, agreed]),
    salt: transcript,
    info: encodeParts('channel', [from, to, hashParts('ciphertext', [ciphertext])]),
  });
}
