// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Ajv2020, type AnySchema } from 'ajv/dist/2020.js';
import { FakeEngine } from './fake-engine.ts';
import { type RunningGateway, startGateway } from './start-gateway.ts';

/** OpenAI's published description of its API, kept beside the repository where it is available. */
const file = new URL('../../../../shared/vectors/openai/openapi.json', import.meta.url);
const skip = existsSync(file) ? false : `OpenAI's document is not at ${file.pathname}`;

let gateway: RunningGateway;
before(async () => {
  gateway = await startGateway({ engine: new FakeEngine() });
});
after(() => gateway.stop());

const question = { model: 'kiban/fake', messages: [{ role: 'user', content: 'short' }] };

test('every answer and every chunk is valid under the OpenAI document', { skip }, async () => {
  const validate = loadSchemas();
  validate('ListModelsResponse', await get('/v1/models'));
  validate('Model', await get('/v1/models/kiban/fake'));
  validate('CreateChatCompletionResponse', await post('/v1/chat/completions', question));
  validate('CreateCompletionResponse', await post('/v1/completions', { model: 'kiban/fake', prompt: 'x' }));
  for (const body of [{}, { ...question, n: 2 }, { ...question, model: 'x' }, { ...question, messages: [] }]) {
    validate('ErrorResponse', await post('/v1/chat/completions', body));
  }
  validate('ErrorResponse', await get('/v1/nothing'));
  const streaming = { ...question, stream: true, stream_options: { include_usage: true } };
  const chunks = await stream('/v1/chat/completions', streaming);
  assert.ok(chunks.length > 3);
  for (const chunk of chunks) validate('CreateChatCompletionStreamResponse', chunk);
});

test('what we send is valid as a request, so the document in use is the right one', { skip }, () => {
  const validate = loadSchemas();
  validate('CreateChatCompletionRequest', question);
  assert.throws(() => validate('CreateChatCompletionRequest', { ...question, messages: [] }));
  assert.throws(() => validate('CreateChatCompletionResponse', { id: 'x' }));
  assert.throws(() => validate('ErrorResponse', { error: { message: 'x', type: 'y', code: null } }));
});

function loadSchemas(): (name: string, value: unknown) => void {
  const document = JSON.parse(readFileSync(file, 'utf8')) as { components: object };
  // Formats such as `unixtime` and keywords such as `x-stainless-const` are OpenAI's own.
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'openai', components: withNulls(document.components) } as AnySchema);
  return (name, value) => {
    const validate = ajv.getSchema(`openai#/components/schemas/${name}`);
    assert.ok(validate !== undefined, `the document has no schema ${name}`);
    assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
  };
}

async function get(path: string): Promise<unknown> {
  return (await fetch(`${gateway.origin}${path}`)).json();
}

async function send(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${gateway.origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function post(path: string, body: object): Promise<unknown> {
  return (await send(path, body)).json();
}

async function stream(path: string, body: object): Promise<readonly unknown[]> {
  const lines = (await (await send(path, body)).text()).split('\n').filter((line) => line.startsWith('data: {'));
  return lines.map((line) => JSON.parse(line.slice('data: '.length)) as unknown);
}

/** The document still says `nullable`, which JSON Schema 2020-12 does not know. */
function withNulls(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNulls);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withNulls(value)]));
  if (copy.nullable !== true) return copy;
  const { nullable: _, ...rest } = copy;
  return { anyOf: [rest, { type: 'null' }] };
}
