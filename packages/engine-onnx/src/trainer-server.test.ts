// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { TrainerWorkbench } from '@kiban/training/conformance';
import type { TrainerAnswerMessage } from './trainer-messages.ts';
import { serveTrainer } from './trainer-server.ts';

async function answersTo(lines: readonly unknown[]): Promise<TrainerAnswerMessage[]> {
  const input = new PassThrough();
  const answers: TrainerAnswerMessage[] = [];
  let pending = lines.filter((line) => typeof line === 'object' && line !== null && 'id' in line).length;
  const served = serveTrainer(input, (message) => {
    answers.push(message);
    pending -= 1;
    if (pending === 0) input.end();
  });
  for (const line of lines) input.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  await served;
  return answers;
}

const codes = (answers: readonly TrainerAnswerMessage[]) =>
  answers.map((answer) => ('problem' in answer ? answer.problem.code : 'ok' in answer ? answer.ok : answer.event));

test('says which protocol and engine it is', async () => {
  assert.deepEqual(await answersTo([{ id: 1, method: 'hello', params: {} }]), [
    { id: 1, ok: { protocol: 1, engine: 'onnx' } },
  ]);
});

test('calls before a session, unknown calls and wrong parameters are problems of their own', async (context) => {
  const noise = context.mock.method(console, 'error', () => undefined);
  const answers = await answersTo([
    'not json',
    '{"method": "hello"}',
    { id: 1, method: 'load', params: { path: '/x' } },
    { id: 2, method: 'explode', params: {} },
    { id: 3, method: 'open', params: { kind: 'both' } },
    { id: 4, method: 'hello', params: { extra: 1 } },
  ]);
  assert.deepEqual(codes(answers), ['bad-config', 'bad-config', 'bad-config', 'bad-config']);
  assert.equal(noise.mock.callCount(), 2);
});

test('the end of the input ends a run between two steps, and what was not begun is dropped', async () => {
  const bench = new TrainerWorkbench();
  const input = new PassThrough();
  const answers: TrainerAnswerMessage[] = [];
  const served = serveTrainer(input, (message) => {
    answers.push(message);
    if ('event' in message) input.end();
  });
  const calls: readonly (readonly [string, unknown])[] = [
    ['open', bench.spec('federated')],
    ['load', { path: await bench.weights('end') }],
    ['run', bench.request(bench.countingShard(), { stepCount: 1_000_000 })],
    ['resetMoments', {}],
  ];
  for (const [id, [method, params]] of calls.entries()) input.write(`${JSON.stringify({ id, method, params })}\n`);
  await served;
  bench.remove();
  const last = answers.at(-1)!;
  assert.equal(last.id, 2);
  assert.ok('ok' in last && (last.ok as { aborted: boolean }).aborted);
});

test('a run that was aborted before it began takes no step', async () => {
  const bench = new TrainerWorkbench();
  const answers = await answersTo([
    { id: 1, method: 'open', params: bench.spec('federated') },
    { id: 2, method: 'load', params: { path: await bench.weights('early') } },
    { id: 3, method: 'run', params: bench.request(bench.countingShard()) },
    { id: 4, method: 'abort', params: { request: 3 } },
  ]);
  bench.remove();
  assert.deepEqual(
    answers.find(({ id }) => id === 3),
    {
      id: 3,
      ok: { stepsDone: 0, meanLoss: 0, tokens: 0, aborted: true },
    },
  );
});
