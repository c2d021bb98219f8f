// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { bytesToHex, encodeParts, fromBase64, h, type Part, transcript } from './byte-encoding.ts';
import { combineShares } from './gf256-sharing.ts';
import { deriveKey, pairSecret, seal, unseal } from './key-schedule.ts';
import { maskValues, readWords, type SignedStream, streamBytes } from './ring-masking.ts';
import { openText, publicKeyOf, signText } from './signed-text.ts';

const folder = new URL('../../../../docs/protocol/vectors/', import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const primitives = read('primitives.json');

test('the second implementation gives the vectors for hashes, keys, boxes, commitments and signatures', () => {
  for (const { label, parts, encoded, h: hash } of primitives.hashing.parts) {
    const given = parts.map((part: { bytes?: string; index?: number; text?: string }): Part => {
      return part.index ?? part.text ?? bytes(part.bytes ?? '');
    });
    assert.equal(bytesToHex(encodeParts(label, given)), encoded);
    assert.equal(bytesToHex(h(label, given)), hash);
  }
  for (const { label, before, listed, transcript: expected } of primitives.hashing.transcripts) {
    assert.equal(bytesToHex(transcript(label, bytes(before), listed)), expected);
  }
  for (const { secret, salt, info, key } of primitives.keySchedule) {
    assert.equal(bytesToHex(hkdf(sha256, bytes(secret), bytes(salt), bytes(info), 32)), key);
  }
  for (const { key, nonce, salt, from, to, plaintext, box } of primitives.boxes) {
    assert.equal(bytesToHex(seal(bytes(key), bytes(nonce), bytes(salt), from, to, bytes(plaintext))), box);
  }
  for (const { label, salt, indices, kind, secret, value } of primitives.commitments) {
    const parts = [bytes(salt), ...indices, ...(kind === null ? [] : [kind]), bytes(secret)];
    assert.equal(bytesToHex(h(label, parts)), value);
  }
  for (const { kind, body, signSeed, publicKeySpki, text } of primitives.signatures) {
    assert.equal(signText(kind, JSON.parse(body), bytes(signSeed)), text);
    assert.equal(openText(kind, text, publicKeyOf(publicKeySpki)), body);
  }
});

test('the second implementation gives the vectors for shares, streams and masked words', () => {
  for (const { threshold, secret, shares } of primitives.sharing) {
    assert.equal(bytesToHex(combineShares(shares.slice(-threshold).map(bytes))), secret);
    assert.notEqual(bytesToHex(combineShares(shares.slice(1 - threshold).map(bytes))), secret);
  }
  for (const { key, byteOffset, bytes: expected } of primitives.maskStreams) {
    assert.equal(bytesToHex(streamBytes(bytes(key), byteOffset, expected.length / 2)), expected);
  }
  for (const { bits, wordOffset, streams, levels, masked } of primitives.maskedWords) {
    const given = streams.map((one: { key: string; sign: number }) => stream(bytes(one.key), one.sign));
    assert.equal(bytesToHex(maskValues(levels.map(BigInt), bits, given, wordOffset)), masked);
  }
});

test('from recorded seeds and ciphertexts the second implementation derives every mask, and from the openings the sum', () => {
  for (const vector of [read('attempt-of-three.json'), read('attempt-with-a-loss.json')]) {
    const plan = JSON.parse(openText('plan', vector.planText, publicKeyOf(vector.hub.publicKeySpki)));
    const [t1, t2, t3] = [vector.transcripts.T1, vector.transcripts.T2, vector.transcripts.T3].map(bytes) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    for (const one of vector.members) {
      const kem = ml_kem768.keygen(bytes(one.mlKemSeed));
      const streams: SignedStream[] = [stream(deriveKey(bytes(one.ownMaskSeed), t3, 'self/words', [one.index]), 1)];
      for (const peer of vector.members) {
        if (peer === one) continue;
        const sent = JSON.parse(peer.messages.share).parts.find((part: { to: string }) => part.to === one.organisation);
        const received = ml_kem768.decapsulate(fromBase64(sent.part.ciphertext), kem.secretKey);
        const theirs = peer.encapsulated.find((entry: { to: string }) => entry.to === one.organisation);
        assert.equal(bytesToHex(received), theirs.secret);
        const own = one.pairSecrets.find((entry: { with: string }) => entry.with === peer.organisation);
        const given = one.encapsulated.find((entry: { to: string }) => entry.to === peer.organisation);
        const [low, high] = one.index < peer.index ? [one, peer] : [peer, one];
        const [lowToHigh, highToLow] = low === one ? [bytes(given.secret), received] : [received, bytes(given.secret)];
        const agreed = agreedSecret(one.x25519Seed, given.x25519);
        const pair = pairSecret(t2, low.index, high.index, lowToHigh, highToLow, agreed);
        assert.equal(bytesToHex(pair), own.secret);
        const key = deriveKey(pair, t3, 'mask/words', [low.index, high.index]);
        streams.push(stream(key, low === one ? 1 : -1));
      }
      const masked = maskValues(one.levels.map(BigInt), plan.bits, streams, 0);
      assert.equal(bytesToHex(masked), one.maskedShards.join(''), one.organisation);
    }
    assert.deepEqual(openedSum(vector, plan, t1, t2, t3), vector.opened.sum);
  }
});

/** Only from what the hub sees: messages, openings and masked shards. */
// biome-ignore lint/suspicious/noExplicitAny: vectors are read field by field
function openedSum(vector: any, plan: any, t1: Uint8Array, t2: Uint8Array, t3: Uint8Array): number[] {
  const { survivors } = vector.opened;
  const bodyOf = (text: string) => JSON.parse(JSON.parse(text).body);
  const openings = vector.members.flatMap((one: { messages: { opening?: string } }) =>
    one.messages.opening === undefined ? [] : [bodyOf(one.messages.opening)],
  );
  const combined = (
    kind: 'self' | 'box',
    dealer: { organisation: string; index: number; messages: { share: string } },
  ) => {
    const shares = openings.map((body: Record<string, { of: string; share: string }[]>) =>
      fromBase64(body[kind]?.find(({ of }) => of === dealer.organisation)?.share ?? ''),
    );
    const secret = combineShares(shares.slice(0, plan.threshold));
    const header = bodyOf(JSON.parse(dealer.messages.share).header);
    assert.deepEqual(h(`commit/${kind}`, [t1, dealer.index, secret]), fromBase64(header[kind]));
    return secret;
  };
  const streams: SignedStream[] = [];
  for (const one of vector.members) {
    if (survivors.includes(one.organisation)) {
      streams.push(stream(deriveKey(combined('self', one), t3, 'self/words', [one.index]), -1));
      continue;
    }
    const { box, pairs } = bodyOf(one.messages.confirm);
    const key = deriveKey(combined('box', one), t2, 'box', [one.index]);
    const secrets = unseal(key, t2, one.index, one.index, fromBase64(box));
    for (const [place, pair] of pairs.entries()) {
      const peer = vector.members.find((other: { organisation: string }) => other.organisation === pair.with);
      const ends = [Math.min(one.index, peer.index), Math.max(one.index, peer.index)];
      const secret = secrets.subarray(32 * place, 32 * (place + 1));
      streams.push(stream(deriveKey(secret, t3, 'mask/words', ends), peer.index < one.index ? -1 : 1));
    }
  }
  const totals: bigint[] = Array.from({ length: plan.wordCount }, () => 0n);
  for (const one of vector.members) {
    if (!survivors.includes(one.organisation)) continue;
    for (const [index, word] of readWords(bytes(one.maskedShards.join('')), plan.bits).entries())
      totals[index]! += word;
  }
  return readWords(maskValues(totals, plan.bits, streams, 0), plan.bits).map((word) =>
    Number(BigInt.asIntN(plan.bits, word)),
  );
}

function agreedSecret(seed: string, publicKey: string): Uint8Array {
  return x25519.getSharedSecret(bytes(seed), bytes(publicKey));
}

function stream(key: Uint8Array, sign: number): SignedStream {
  return { key, sign: sign === 1 ? 1n : -1n };
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
