// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLogger } from '@kiban/core';
import { FakeEngine } from './fake-engine.ts';
import { type RunningGateway, startGateway } from './start-gateway.ts';

let gateway: RunningGateway;
const logLines: string[] = [];
const maximumBodyBytes = 64 * 1024;

before(async () => {
  const logger = createLogger('gateway', { write: (line) => logLines.push(line) });
  gateway = await startGateway({ engine: new FakeEngine(), logger, maximumBodyBytes });
});
after(() => gateway.stop());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

async function send(path: string, init: RequestInit & { readonly duplex?: 'half' } = {}): Promise<Answer> {
  const response = await fetch(`${gateway.origin}${path}`, init);
  const text = await response.text();
  const body = text === '' ? {} : JSON.parse(text);
  return { status: response.status, headers: response.headers, error: body.error };
}

function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return send(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
}

const question = { model: 'kiban/fake', messages: [{ role: 'user', content: '問' }], max_tokens: 1 };

/** Sends a chat body with changes and returns `status code param`. */
async function chat(changes: object): Promise<string> {
  const { status, error } = await post('/v1/chat/completions', JSON.stringify({ ...question, ...changes }));
  return error === undefined ? String(status) : `${status} ${error.code} ${error.param}`;
}

test('every error has all four members, a request id and JSON, also for routes that do not exist', async () => {
  for (const path of ['/v1', '/v1/', '/v1/embeddings', '/v1/models/', '/v1/chat/completions/', '/v1/models/%zz']) {
    const { status, headers, error } = await send(path);
    assert.deepEqual(
      [status, error.code, Object.keys(error)],
      [404, 'unknown_url', ['message', 'type', 'param', 'code']],
    );
    assert.match(headers.get('x-request-id') ?? '', /^req_/);
    assert.match(headers.get('content-type') ?? '', /^application\/json/);
  }
});

test('paths outside /v1 are left to the server that the handler is mounted in', async () => {
  for (const path of ['/', '/healthz', '/v10', '/V1/models']) {
    assert.equal((await fetch(`${gateway.origin}${path}`)).status, 418);
  }
});

test('a wrong method is 405 and names the right one; HEAD and queries work', async () => {
  const wrong = await send('/v1/chat/completions');
  assert.deepEqual([wrong.status, wrong.headers.get('allow'), wrong.error.code], [405, 'POST', 'method_not_allowed']);
  assert.equal((await send('/v1/models', { method: 'OPTIONS' })).headers.get('allow'), 'GET');
  assert.equal((await send('/v1/models?limit=3', { method: 'HEAD' })).status, 200);
});

test('model names are found with the slash as it is and percent-encoded', async () => {
  assert.equal((await send('/v1/models/kiban/fake')).status, 200);
  assert.equal((await send('/v1/models/kiban%2Ffake')).status, 200);
  assert.equal((await send('/v1/models/kiban')).error.code, 'model_not_found');
});

test('bodies that are no JSON object, hold a key twice or are not UTF-8 are refused by name', async () => {
  const code = async (body: string | Uint8Array<ArrayBuffer>) => {
    const { status, error } = await post('/v1/chat/completions', body);
    return `${status} ${error.code} ${error.param}`;
  };
  assert.equal(await code('{'), '400 invalid_json null');
  assert.equal(await code(''), '400 invalid_json null');
  assert.equal(await code('[]'), '400 invalid_json null');
  assert.equal(await code(new Uint8Array([0x7b, 0xff, 0x7d])), '400 invalid_json null');
  assert.equal(
    await code('{"model":"kiban/fake","messages":[{"role":"user","content":"a","content":"b"}]}'),
    '400 duplicate_key content',
  );
});

test('a body that is too large is 413, declared or streamed, and the connection lives on', async () => {
  const declared = await post('/v1/chat/completions', ' '.repeat(20 * maximumBodyBytes));
  assert.deepEqual([declared.status, declared.error.code], [413, 'request_too_large']);
  const stream = new ReadableStream({
    start(controller) {
      for (let index = 0; index < 20; index += 1) controller.enqueue(new Uint8Array(maximumBodyBytes / 4).fill(32));
      controller.close();
    },
  });
  const streamed = await send('/v1/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: stream,
    duplex: 'half',
  });
  assert.deepEqual([streamed.status, streamed.error.code], [413, 'request_too_large']);
  assert.equal(await chat({}), '200');
});

test('another media type or a compressed body is 415', async () => {
  const body = JSON.stringify(question);
  assert.equal((await post('/v1/chat/completions', body, { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await post('/v1/chat/completions', body, { 'content-encoding': 'gzip' })).status, 415);
  assert.equal(
    (await post('/v1/chat/completions', body, { 'content-type': 'application/json; charset=utf-8' })).status,
    200,
  );
});

test('parameters that would change the answer are refused, never ignored', async () => {
  const refused: Record<string, unknown> = {
    n: 2,
    tools: [{ type: 'function', function: { name: 'f' } }],
    tool_choice: 'required',
    functions: [{ name: 'f' }],
    response_format: { type: 'json_object' },
    logprobs: true,
    top_logprobs: 2,
    logit_bias: { 5: 1 },
    frequency_penalty: 0.5,
    presence_penalty: -1,
    modalities: ['audio'],
    audio: { voice: 'x', format: 'wav' },
    store: true,
    top_k: 5,
    min_p: 0.1,
    web_search_options: {},
    constructor: 1,
  };
  for (const [name, value] of Object.entries(refused)) {
    assert.equal(await chat({ [name]: value }), `400 unsupported_parameter ${name}`);
  }
});

test('the same parameters pass where they ask for nothing, and so do harmless ones', async () => {
  assert.equal(
    await chat({
      n: 1,
      tools: [],
      tool_choice: 'none',
      response_format: { type: 'text' },
      logprobs: false,
      top_logprobs: null,
      logit_bias: {},
      frequency_penalty: 0,
      presence_penalty: 0,
      modalities: ['text'],
      store: false,
      user: 'u',
      metadata: { a: 'b' },
      service_tier: 'auto',
      safety_identifier: 's',
      stop: null,
      seed: null,
      temperature: null,
      stream: null,
      stream_options: null,
    }),
    '200',
  );
});

test('values out of range are refused with the name of the parameter', async () => {
  const wrong: [object, string][] = [
    [{ temperature: 2.1 }, 'temperature'],
    [{ temperature: '0' }, 'temperature'],
    [{ top_p: -0.1 }, 'top_p'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ max_tokens: 2, max_completion_tokens: 3 }, 'max_tokens'],
    [{ seed: 0.5 }, 'seed'],
    [{ stop: '' }, 'stop'],
    [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    [{ stop: [1] }, 'stop'],
    [{ stream: 'yes' }, 'stream'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ stream: true, stream_options: { include_usage: 1 } }, 'stream_options'],
    [{ model: 5 }, 'model'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'x' }, 'messages'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
  ];
  for (const [changes, param] of wrong) assert.equal(await chat(changes), `400 invalid_value ${param}`);
  assert.equal(await chat({ messages: undefined }), '400 missing_required_parameter messages');
  assert.equal(await chat({ model: undefined }), '400 missing_required_parameter model');
});

test('messages that only a richer server understands are refused, not flattened', async () => {
  const message = (fields: object) => chat({ messages: [{ role: 'user', content: 'x', ...fields }] });
  const image = [{ type: 'image_url', image_url: { url: 'data:,' } }];
  assert.equal(await message({ content: image }), '400 unsupported_parameter messages[0].content[0].type');
  assert.equal(await message({ role: 'tool' }), '400 unsupported_parameter messages[0].role');
  assert.equal(await message({ tool_calls: [{ id: 'a' }] }), '400 unsupported_parameter messages[0].tool_calls');
  assert.equal(await message({ role: 'assistant', refusal: null, annotations: [] }), '200');
});

test('plain completions refuse several prompts, echo and log probabilities', async () => {
  const complete = async (changes: object) => {
    const body = JSON.stringify({ model: 'kiban/fake', prompt: 'x', max_tokens: 1, ...changes });
    const { status, error } = await post('/v1/completions', body);
    return error === undefined ? String(status) : `${status} ${error.code} ${error.param}`;
  };
  assert.equal(await complete({ prompt: ['x'] }), '200');
  assert.equal(await complete({ prompt: [[1, 2]] }), '200');
  assert.equal(await complete({ prompt: ['x', 'y'] }), '400 unsupported_parameter prompt');
  assert.equal(await complete({ prompt: [] }), '400 invalid_value prompt');
  assert.equal(await complete({ prompt: [1, 1000] }), '400 invalid_value prompt');
  assert.equal(await complete({ prompt: undefined }), '400 missing_required_parameter prompt');
  assert.equal(await complete({ echo: true }), '400 unsupported_parameter echo');
  assert.equal(await complete({ logprobs: 0 }), '400 unsupported_parameter logprobs');
  assert.equal(await complete({ best_of: 2 }), '400 unsupported_parameter best_of');
  assert.equal(await complete({ messages: [] }), '400 unsupported_parameter messages');
});

test('errors are in Japanese for clients that prefer it', async () => {
  const { error } = await send('/v1/models/x', { headers: { 'accept-language': 'ja,en;q=0.5' } });
  assert.match(error.message, /提供していません/);
});

test('the stream is events of one line, the head forbids buffering, and [DONE] is last', async () => {
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, max_tokens: 3, stream: true, stream_options: { include_usage: true } }),
  });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(response.headers.get('cache-control'), 'no-cache');
  assert.equal(response.headers.get('x-accel-buffering'), 'no');
  const events = (await response.text()).split('\n\n');
  assert.equal(events.pop(), '');
  assert.equal(events.pop(), 'data: [DONE]');
  assert.match(events.pop() ?? '', /"choices":\[\],"usage":\{"prompt_tokens"/);
  assert.equal(events.length, 1 + 3 + 1);
  for (const event of events) assert.match(event, /^data: \{.*\}$/);
});

test('with keys, everything under /v1 needs one good key, before the body is read', async () => {
  const guarded = await startGateway({
    engine: new FakeEngine(),
    authenticate: (key) => (key.open() === 'right' ? { id: 'someone' } : 'refused'),
    defaultModel: 'kiban/fake',
  });
  try {
    const status = async (path: string, headers: [string, string][]) => {
      const response = await fetch(`${guarded.origin}${path}`, { headers });
      await response.arrayBuffer();
      return [response.status, response.headers.get('www-authenticate')];
    };
    assert.deepEqual(await status('/v1/models', []), [401, 'Bearer']);
    assert.deepEqual(await status('/v1/nowhere', []), [401, 'Bearer']);
    assert.deepEqual(await status('/v1/models', [['authorization', 'Bearer wrong']]), [401, 'Bearer']);
    assert.deepEqual(await status('/v1/models', [['authorization', 'Basic right']]), [401, 'Bearer']);
    assert.deepEqual(await status('/v1/models', [['authorization', 'bearer right']]), [200, null]);
    const response = await fetch(`${guarded.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer right' },
      body: JSON.stringify({ messages: question.messages, max_tokens: 1 }),
    });
    assert.equal(((await response.json()) as { model: string }).model, 'kiban/fake');
  } finally {
    await guarded.stop();
  }
});

test('the log names routes, statuses and request ids, and nothing that a client wrote', async () => {
  const secret = 'canary-7f3a';
  await post(
    '/v1/chat/completions',
    JSON.stringify({ ...question, model: secret, messages: [{ role: 'user', content: secret }] }),
  );
  await chat({ messages: [{ role: 'user', content: secret }] });
  await send(`/v1/models/${secret}`);
  await send(`/v1/${secret}?${secret}`);
  const log = logLines.join('');
  assert.match(log, /"route":"\/v1\/models\/\{id\}"/);
  assert.match(log, /"requestId":"req_/);
  assert.ok(!log.includes(secret));
});
