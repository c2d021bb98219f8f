// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestCoalition } from '@kiban/testkit';
import OpenAI from 'openai';

let coalition: TestCoalition;
before(async () => {
  coalition = await TestCoalition.create(3);
  await coalition.beginProgramme();
  await coalition.waitForRelease();
});
after(() => coalition[Symbol.asyncDispose]());

async function served(): Promise<void> {
  for (const node of coalition.nodes.values())
    await coalition.waitFor('serving', async () => {
      const { models } = await node.call<{ models: { id: string }[] }>('GET', '/status');
      return models.some((model) => model.id === 'test-1') ? true : undefined;
    });
}

test('three members train, the gate accepts, and every round counts all three', async () => {
  const state = await coalition.programme();
  assert.equal(state.rounds.length, 3);
  for (const round of state.rounds) {
    assert.equal(round.outcome, 'accepted');
    assert.deepEqual(round.members, coalition.members);
    assert.ok(round.maskedBytes > 3 * 400_000);
    assert.ok((round.heldOutLossAfter as number) < (round.heldOutLossBefore as number) + 0.5);
  }
  assert.equal(state.scores.length, 3);
  for (const score of state.scores) assert.ok(score.baseNats < score.startNats);
});

test('the release has every file, at every member, and the official client lists, chats and streams', async () => {
  await served();
  for (const [member, node] of coalition.nodes) {
    const folder = join(coalition.directory, member, 'models', 'test-1');
    assert.deepEqual(readdirSync(folder).sort(), [
      'MODEL_CARD.md',
      'config.json',
      'generation_config.json',
      'model.gguf',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const client = new OpenAI({ baseURL: `${node.origin}/v1`, apiKey: 'none', maxRetries: 0 });
    const models = await client.models.list();
    assert.deepEqual(
      models.data.map((model) => model.id),
      ['test-1'],
    );
    const question = {
      model: 'test-1',
      temperature: 0,
      max_tokens: 8,
      messages: [{ role: 'user' as const, content: '溶銑温度は？' }],
    };
    const whole = await client.chat.completions.create(question);
    let streamed = '';
    for await (const chunk of await client.chat.completions.create({ ...question, stream: true }))
      streamed += chunk.choices[0]?.delta.content ?? '';
    assert.equal(streamed, whole.choices[0]!.message.content);
    await assert.rejects(
      client.chat.completions.create({ ...question, model: 'nobody' }),
      (error: { status?: number; code?: string }) => {
        assert.equal(error.status, 404);
        assert.equal(error.code, 'model_not_found');
        return true;
      },
    );
  }
});

test('no document, and no unmasked update, is anywhere at the hub', () => {
  const secrets = ['記録3：溶銑温度', '申し送ること'].map((text) => Buffer.from(text));
  const levels = readFileSync(join(coalition.directory, 'member-a', 'programmes', 'test-1', 'rounds', '3.levels'));
  const widened = Buffer.alloc(4_096);
  for (let index = 0; index < 2_048; index += 1) widened.writeInt16LE(levels.readInt8(10_000 + index), index * 2);
  const files = readdirSync(join(coalition.directory, 'hub'), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  );
  assert.ok(files.length > 5);
  for (const entry of files) {
    const content = readFileSync(join(entry.parentPath, entry.name));
    // The public corpus is the one text that the hub is given.
    const isPublicCorpus = content.includes('"text":');
    for (const secret of secrets)
      assert.ok(isPublicCorpus || !content.includes(secret), `${entry.name} holds a document`);
    assert.ok(
      !content.includes(levels.subarray(10_000, 12_048)) && !content.includes(widened),
      `${entry.name} holds an unmasked update`,
    );
  }
  // The control: the same search finds the update where it may be.
  assert.ok(levels.includes(levels.subarray(10_000, 12_048)));
});

test('secrets of closed attempts are gone from every directory', async () => {
  for (const member of coalition.members) {
    const journals = join(coalition.directory, member, 'journals');
    assert.deepEqual(existsSync(journals) ? readdirSync(journals) : [], []);
  }
});

test('after a stop everything starts again and serves the same model', async () => {
  const before = (await coalition.programme()).base;
  await coalition.stopAll();
  await coalition.startAll();
  await served();
  assert.deepEqual((await coalition.programme()).base, before);
});

test('a release that does not exist is named, with those that do', async () => {
  const node = coalition.nodes.get('member-a')!;
  await assert.rejects(
    node.call('POST', '/releases/nothing/pull', {}),
    (error: { code?: string; message?: string }) => {
      assert.equal(error.code, 'release-not-found');
      assert.match(String(error.message), /test-1/);
      return true;
    },
  );
});
