// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  acceptMerges,
  type FederatedRules,
  heavyPairs,
  MemberDocuments,
  type Merge,
  TokenTable,
  tokenizerFromJson,
} from '@kiban/corpus';
import type { TokenRecord } from '@kiban/protocol';
import { TestCoalition, testProgramme } from '@kiban/testkit';

/** People and projects that one member alone has. */
const names = ['鬼龍院', '綾小路', '勅使河原', '御厨', '九十九'];
const projects = ['熾烈', '朧月', '篝火', '暁光', '玄武'];
/** Every member writes of it, the last one objects. */
const objectedWord = '鋳造';

const documentOf = (member: number, number: number) =>
  `担当：${names[member]}。${projects[member]}の連続鋳造の鋳片は鋳片温度${800 + ((number * 37 + member) % 200)}℃で異常なし。${projects[member]}は${number}回目の点検を報告した。\n`;

const options = {
  documentOf,
  documentsPerMember: 40,
  nodeConfig: (member: number) => (member === 2 ? { vocabulary: { neverWords: [objectedWord] } } : {}),
};
const tokenizer =
  '{ training: federated, publicShare: 0.3, minimumDocuments: 30, minimumOwnDocuments: 5, sketchWidth: 16384, candidates: 256, batch: 24 }';

function textsOf(record: TokenRecord): string[] {
  return record.tokens.flatMap(({ text }) => (text === null ? [] : [text]));
}

function assertVocabulary(texts: readonly string[]): void {
  for (const common of ['報告', '連続', 'した']) assert.ok(texts.includes(common), `${common}: ${texts.join(' ')}`);
  for (const part of ['鬼龍', '龍院', '綾小', '小路', '勅使', '使河', '河原', ...projects])
    assert.ok(!texts.some((text) => text.includes(part)), part);
  assert.ok(!texts.some((text) => text.includes(objectedWord)), 'a token that a member objected to');
}

const rulesOfTest: FederatedRules = {
  minimumMembers: 2,
  minimumDocuments: 30,
  minimumOwnDocuments: 5,
  pairsPerDocument: 256,
  repeatsPerDocument: 8,
  sketchWidth: 16_384,
  candidates: 256,
  batch: 24,
};

function blobPath(directory: string, digest: string): string {
  return join(directory, 'hub', 'blobs', digest.slice(0, 2), digest);
}

/** The same exchange over the same documents, with plain sums and rules of choice. @returns texts of the agreed tokens */
function membersAlone(base: readonly Merge[], rules: FederatedRules): string[] {
  const members = names.slice(0, 3).map((_, member) => {
    const documents = new MemberDocuments(rules);
    for (let number = 0; number < options.documentsPerMember; number += 1) documents.add(documentOf(member, number));
    return documents;
  });
  const sum = (vectors: readonly Int32Array[]) =>
    vectors[0]!.map((_, index) => vectors.reduce((total, vector) => total + vector[index]!, 0));
  const merges = [...base];
  for (let round = 1; round < 20; round += 1) {
    for (const member of members) member.apply(merges);
    const seed = `control/${round}`;
    const candidates = heavyPairs(sum(members.map((member) => member.sketch(seed))), merges, seed, rules);
    if (candidates.length === 0) break;
    const counts = sum(members.map((member) => member.countCandidates(candidates, seed, () => false)));
    const { accepted } = acceptMerges(candidates, counts, merges, rules, 1_000, { objection: () => undefined });
    if (accepted.length === 0) break;
    merges.push(...accepted.map(({ merge }) => merge));
  }
  const tokens = new TokenTable(merges);
  return merges.slice(base.length).map((_, index) => tokens.symbolBytes(256 + base.length + index).toString('utf8'));
}

describe('three members agree on a vocabulary', () => {
  let coalition: TestCoalition;
  let record: TokenRecord;
  before(async () => {
    coalition = await TestCoalition.create(3, options);
    await coalition.beginProgramme({ rounds: 1, tokenizer });
    await coalition.waitForRelease();
    record = await coalition.hub.call<TokenRecord>('GET', `/programmes/${testProgramme}/tokens`);
    for (const node of coalition.nodes.values())
      await coalition.waitFor('serving', async () => {
        const { models } = await node.call<{ models: unknown[] }>('GET', '/status');
        return models.length > 0 ? true : undefined;
      });
  });
  after(() => coalition[Symbol.asyncDispose]());

  test('tokens come from what members have in common, never from one of them alone or against one of them', () => {
    assertVocabulary(textsOf(record));
    for (const token of record.tokens) assert.ok(token.members >= 2 && token.documents >= 30);
    assert.ok((record.refused.objection ?? 0) > 0, JSON.stringify(record.refused));
  });

  test('the control: the same documents without a minimum of members give the projects away', async () => {
    const state = await coalition.programme();
    const publicOnly = readFileSync(blobPath(coalition.directory, state.agreedTokenizer!.publicOnly.digest), 'utf8');
    const base = tokenizerFromJson(publicOnly).merges.slice(0, 40);
    const texts = membersAlone(base, { ...rulesOfTest, minimumMembers: 1 });
    for (const project of projects.slice(0, 3)) assert.ok(texts.includes(project), `${project}: ${texts.join(' ')}`);
    const supported = membersAlone(base, { ...rulesOfTest, minimumMembers: 2 });
    for (const project of projects) assert.ok(!supported.includes(project), project);
  });

  test('the release speaks with it, and it writes members’ text shorter than public text alone could teach', async () => {
    const state = await coalition.programme();
    const json = readFileSync(join(coalition.directory, 'member-a', 'models', testProgramme, 'tokenizer.json'), 'utf8');
    const agreed = tokenizerFromJson(json);
    assert.equal(agreed.digest, state.agreedTokenizer?.tokenizer.digest);
    assert.equal(state.start?.tokenizer.digest, agreed.digest);
    assert.equal(state.scores.length, 3);
    for (const { vocabulary } of state.scores) {
      assert.ok(vocabulary !== null);
      assert.ok(vocabulary.agreedTokens < 0.95 * vocabulary.publicTokens, JSON.stringify(vocabulary));
    }
    const card = readFileSync(join(coalition.directory, 'member-b', 'models', testProgramme, 'MODEL_CARD.md'), 'utf8');
    assert.match(card, /characters per token/);
  });

  test('a steward reads the same list at the node', async () => {
    const node = coalition.nodes.get('member-c')!;
    assert.deepEqual(await node.call<TokenRecord>('GET', `/programmes/${testProgramme}/tokens`), record);
  });

  test('neither a name nor a document is anywhere at the hub, nor a member’s counts', async () => {
    const searched = [...names, ...projects, '回目の点検'].map((text) => Buffer.from(text));
    const entries = readdirSync(join(coalition.directory, 'hub'), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const content = readFileSync(join(entry.parentPath, entry.name));
      for (const text of searched) assert.ok(!content.includes(text), `${entry.name} holds ${text}`);
    }
    // The control: the same search finds them where they may be.
    const own = readFileSync(join(coalition.directory, 'documents', 'member-a', '1.txt'));
    assert.ok(own.includes(searched[0]!) && own.includes(searched.at(-1)!));
  });

  test('counts of the vocabulary are deleted once it is settled', () => {
    for (const member of coalition.members) {
      const folder = join(coalition.directory, member, 'programmes', testProgramme);
      assert.ok(!readdirSync(folder).includes('tokenizer'));
    }
  });
});

test('of five members one is lost while pairs are sketched: the others agree without it', async () => {
  await using coalition = await TestCoalition.create(5, { ...options, nodeConfig: () => ({}) });
  await coalition.beginProgramme({ rounds: 1, tokenizer, graceMs: 1_500 });
  await coalition.waitFor('agreed masks', async () =>
    (await coalition.events()).some(
      ({ event, data }) =>
        event === 'list-published' && data.instance === `${testProgramme}.t1.pairs` && data.list === 'confirms',
    )
      ? true
      : undefined,
  );
  await coalition.nodes.get('member-e')!.kill();
  const state = await coalition.waitFor('the agreement', async () => {
    const found = await coalition.programme();
    return found.agreedTokenizer === null ? undefined : found;
  });
  assert.ok(state.agreedTokenizer!.newTokens > 0);
  const record = await coalition.hub.call<TokenRecord>('GET', `/programmes/${testProgramme}/tokens`);
  assert.ok(record.tokens.every(({ members }) => members >= 3));
  const rounds = (await coalition.events()).filter(({ event }) => event === 'tokenizer-round-closed');
  assert.ok(
    rounds.some(({ data }) => data.members === 4),
    JSON.stringify(rounds),
  );
});

test('a hub killed between two sums, and a node killed while it counts, go on to the same vocabulary', async () => {
  await using coalition = await TestCoalition.create(3, options);
  await coalition.beginProgramme({ rounds: 1, tokenizer });
  const opened = (instance: string) => async () =>
    (await coalition.events()).some((one) => one.event === 'sum-opened' && one.data.instance === instance)
      ? true
      : undefined;
  await coalition.waitFor('the first sketch', opened(`${testProgramme}.t1.pairs`));
  await coalition.hub.kill();
  await coalition.hub.start();
  await coalition.waitFor('the second sketch', opened(`${testProgramme}.t2.pairs`));
  const node = coalition.nodes.get('member-b')!;
  await node.kill();
  await node.start();
  await coalition.waitForRelease();
  const record = await coalition.hub.call<TokenRecord>('GET', `/programmes/${testProgramme}/tokens`);
  assertVocabulary(textsOf(record));
});
