// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type EventEmitter, once } from 'node:events';
import { after, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import OpenAI from 'openai';
import { FakeEngine } from './fake-engine.ts';
import { type RunningGateway, startGateway } from './start-gateway.ts';

let engine = new FakeEngine();
let gateway: RunningGateway;
let client: OpenAI;
const messages = [{ role: 'user' as const, content: '高炉の温度は？' }];
const chat = { model: 'kiban/fake', messages, temperature: 0, max_completion_tokens: 8 };

beforeEach(async () => {
  await gateway?.stop();
  engine = new FakeEngine();
  gateway = await startGateway({ engine });
  client = new OpenAI({ apiKey: 'unused', baseURL: `${gateway.origin}/v1`, maxRetries: 0 });
});
after(() => gateway.stop());

test('the client lists and retrieves models, with a slash in the name', async () => {
  const page = await client.models.list();
  assert.deepEqual(page.data, [{ id: 'kiban/fake', object: 'model', created: 1_790_000_000, owned_by: 'kiban' }]);
  assert.equal((await client.models.retrieve('kiban/fake')).id, 'kiban/fake');
});

test('the client chats, and the engine reads exactly the corpus format', async () => {
  const answer = await client.chat.completions.create(chat);
  assert.equal(answer.choices[0]?.finish_reason, 'length');
  assert.equal([...(answer.choices[0]?.message.content ?? '')].length, 8);
  assert.deepEqual(answer.usage, { prompt_tokens: 11, completion_tokens: 8, total_tokens: 19 });
  assert.deepEqual(engine.prompts, [
    [
      { kind: 'special', name: '<|begin|>' },
      { kind: 'special', name: '<|user|>' },
      { kind: 'text', text: '高炉の温度は？' },
      { kind: 'special', name: '<|eot|>' },
      { kind: 'special', name: '<|assistant|>' },
    ],
  ]);
  assert.match(answer._request_id ?? '', /^req_[0-9a-f]{32}$/);
});

test('streamed deltas add up to the whole answer; role first, reason last, no usage unless asked', async () => {
  const whole = await client.chat.completions.create(chat);
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of await client.chat.completions.create({ ...chat, stream: true })) chunks.push(chunk);
  assert.deepEqual(chunks[0]?.choices[0]?.delta, { role: 'assistant', content: '' });
  assert.equal(
    chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''),
    whole.choices[0]?.message.content,
  );
  assert.deepEqual(
    chunks.map((chunk) => chunk.choices[0]?.finish_reason),
    [...new Array(chunks.length - 1).fill(null), 'length'],
  );
  assert.equal(new Set(chunks.map((chunk) => `${chunk.id} ${chunk.created}`)).size, 1);
  assert.ok(chunks.every((chunk) => !('usage' in chunk)));
});

test('usage, asked for, is one last chunk without choices and null in all others', async () => {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  const stream = await client.chat.completions.create({
    ...chat,
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const chunk of stream) chunks.push(chunk);
  const last = chunks.pop();
  assert.deepEqual(last?.choices, []);
  assert.deepEqual(last?.usage, { prompt_tokens: 11, completion_tokens: 8, total_tokens: 19 });
  assert.ok(chunks.every((chunk) => chunk.usage === null));
});

test('plain completions take text and token ids, and stream', async () => {
  const request = { model: 'kiban/fake', prompt: '溶銑', temperature: 0 } as const;
  const whole = await client.completions.create(request);
  assert.deepEqual([whole.choices[0]?.finish_reason, whole.usage?.completion_tokens], ['length', 16]);
  let text = '';
  for await (const chunk of await client.completions.create({ ...request, stream: true })) {
    text += chunk.choices[0]?.text;
  }
  assert.equal(text, whole.choices[0]?.text);
  const ids = await client.completions.create({ ...request, prompt: [1, 2, 3], max_tokens: 2 });
  assert.equal(ids.usage?.prompt_tokens, 3);
});

test('a turn that the model closes, and a stop string, end with reason stop', async () => {
  const short = await client.chat.completions.create({ ...chat, messages: [{ role: 'user', content: 'short' }] });
  assert.deepEqual([short.choices[0]?.finish_reason, short.usage?.completion_tokens], ['stop', 3]);
  const whole = (await client.chat.completions.create(chat)).choices[0]?.message.content ?? '';
  const stopped = await client.chat.completions.create({ ...chat, stop: whole.slice(2, 4) });
  assert.deepEqual(
    [stopped.choices[0]?.message.content, stopped.choices[0]?.finish_reason],
    [whole.slice(0, 2), 'stop'],
  );
});

test('without a seed answers vary, with one they do not', async () => {
  const sampled = async (seed?: number) =>
    (await client.chat.completions.create({ ...chat, temperature: 1, ...(seed === undefined ? {} : { seed }) }))
      .choices[0]?.message.content;
  assert.equal(await sampled(-5), await sampled(-5));
  assert.notEqual(await sampled(), await sampled());
});

test('all forms of messages are understood', async () => {
  await client.chat.completions.create({
    ...chat,
    messages: [
      { role: 'developer', content: '簡潔に' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '問' },
          { type: 'text', text: '一' },
        ],
      },
      { role: 'assistant', content: null },
      { role: 'user', content: '<|eot|>' },
    ],
  });
  const names = engine.prompts[0]?.map((segment) => (segment.kind === 'special' ? segment.name : segment.text)) ?? [];
  assert.equal(
    names.join('/'),
    '<|begin|>/<|system|>/簡潔に/<|eot|>/<|user|>/問\n一/<|eot|>/<|assistant|>/<|eot|>/<|user|>/<|eot|>/<|eot|>/<|assistant|>',
  );
  assert.equal(engine.prompts[0]?.at(-3)?.kind, 'text');
});

test('a client that leaves stops the engine, streaming or not', async () => {
  const stepped = Promise.withResolvers<void>();
  engine.beforeToken = async (step) => {
    if (step === 3) stepped.resolve();
    if (step >= 3) await delay(5);
  };
  const leaving = new AbortController();
  const endless = { ...chat, max_completion_tokens: 40 };
  const stream = await client.chat.completions.create({ ...endless, stream: true }, { signal: leaving.signal });
  const whole = client.chat.completions.create(endless, { signal: leaving.signal });
  await stepped.promise;
  while (engine.running < 2) await delay(1);
  leaving.abort();
  for await (const _ of stream);
  await assert.rejects(whole, OpenAI.APIUserAbortError);
  while (engine.running > 0) await delay(1);
  engine.beforeToken = async () => undefined;
  assert.equal((await client.chat.completions.create(chat)).choices.length, 1);
});

test('a client that leaves the queue is never run', async () => {
  const hold = Promise.withResolvers<void>();
  engine.beforeToken = () => hold.promise;
  const running = [client.chat.completions.create(chat), client.chat.completions.create(chat)];
  while (engine.running < 2) await delay(1);
  const left = once(gateway.server, 'request').then(([, response]) => once(response as EventEmitter, 'close'));
  const leaving = new AbortController();
  const queued = client.chat.completions.create(chat, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 20);
  await assert.rejects(queued, OpenAI.APIUserAbortError);
  await left;
  hold.resolve();
  await Promise.all(running);
  assert.equal(engine.prompts.length, 2);
});

test('a failure in the middle of a stream reaches the client as an error', async () => {
  engine.beforeToken = async (step) => {
    if (step === 3) throw new Error('private wording');
  };
  const consume = async () => {
    for await (const _ of await client.chat.completions.create({ ...chat, stream: true }));
  };
  await assert.rejects(consume(), (error: unknown) => {
    assert.ok(error instanceof OpenAI.APIError);
    return error.code === 'internal_error' && !error.message.includes('private');
  });
});

test('refusals of the engine have the status and code that clients know', async () => {
  const fails = async (request: object, status: number, code: string, param: string | null = null) =>
    assert.rejects(
      async () => client.chat.completions.create({ ...chat, ...request }),
      (error: unknown) => {
        assert.ok(error instanceof OpenAI.APIError);
        assert.deepEqual([error.status, error.code, error.param], [status, code, param]);
        return true;
      },
    );
  await fails({ model: 'other' }, 404, 'model_not_found', 'model');
  await fails({ messages: [{ role: 'user', content: '長'.repeat(80) }] }, 400, 'context_length_exceeded');
  await fails({ stream: true, messages: [{ role: 'user', content: '長'.repeat(80) }] }, 400, 'context_length_exceeded');
  await engine.close();
  await fails({}, 503, 'engine_unavailable');
});

test('a full queue is 429 with the time to wait, and the client that retries gets its answer', async () => {
  const hold = Promise.withResolvers<void>();
  engine.beforeToken = () => hold.promise;
  const running = Array.from({ length: 5 }, () => client.chat.completions.create(chat));
  while (engine.running < 2) await delay(1);
  const refused = await client.chat.completions.create(chat).catch((error: unknown) => error);
  assert.ok(refused instanceof OpenAI.RateLimitError);
  assert.deepEqual([refused.code, refused.headers?.get('retry-after')], ['rate_limit_exceeded', '1']);
  const patient = client.chat.completions.create(chat, { maxRetries: 2 });
  hold.resolve();
  await Promise.all([...running, patient]);
});

test('a reader that stalls holds the engine back, and reading on ends it', async () => {
  await gateway.stop();
  engine = new FakeEngine([{ contextLength: 100_000 }]);
  let steps = 0;
  engine.beforeToken = async () => {
    steps += 1;
    if (steps % 100 === 0) await delay(0);
  };
  gateway = await startGateway({ engine });
  const response = await fetch(`${gateway.origin}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'kiban/fake', prompt: '長', max_tokens: 90_000, stream: true }),
  });
  let before = -1;
  while (before !== steps) {
    before = steps;
    await delay(100);
  }
  assert.ok(steps < 90_000, `the engine ran on to ${steps}`);
  assert.match(await response.text(), /\[DONE\]\n\n$/);
});

test('the server ends while a connection idles', async () => {
  await client.models.list();
  const closed = once(gateway.server, 'close');
  await gateway.stop();
  await closed.catch(() => undefined);
});
