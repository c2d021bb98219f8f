// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrainerChild } from './trainer-child.ts';

/** A process that runs the script; `answer(message)` writes a line, `onRequest(handler)` hands over each request. */
function child(
  script: string,
  options: { stopGraceMs?: number; log?: string[]; onStarted?: (pid: number) => void } = {},
) {
  const prelude = `
    const answer = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
    const onRequest = (handler) =>
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => handler(JSON.parse(line)));
  `;
  return new TrainerChild({
    name: 'scripted',
    command: process.execPath,
    arguments: ['--input-type=commonjs', '-e', prelude + script],
    onLog: (line) => options.log?.push(line),
    ...(options.stopGraceMs === undefined ? {} : { stopGraceMs: options.stopGraceMs }),
    ...(options.onStarted === undefined ? {} : { onStarted: options.onStarted }),
  });
}

test('answers reach their own calls, in any order', async () => {
  const trainer = child(`
    const held = [];
    onRequest((request) => {
      held.push(request);
      if (held.length === 2) for (const { id, params } of held.reverse()) answer({ id, ok: params.path });
    });
  `);
  const answers = await Promise.all([
    trainer.call('load', { path: 'a' }),
    trainer.call('exportWeights', { path: 'b' }),
  ]);
  assert.deepEqual(answers, ['a', 'b']);
  await trainer.stop();
});

test('a problem arrives as the error it was', async () => {
  const trainer = child(`
    onRequest(({ id }) => answer({ id, problem: { code: 'disk-full', status: 507, title: { ja: '題', en: 'title' },
      detail: { ja: '詳細', en: 'detail' }, retryable: true } }));
  `);
  await assert.rejects(trainer.call('resetMoments', {}), {
    code: 'disk-full',
    status: 507,
    detail: { ja: '詳細', en: 'detail' },
    retryable: true,
  });
  await trainer.stop();
});

test('lines that are no answers and lines of the log do not disturb the protocol', async () => {
  const log: string[] = [];
  const trainer = child(
    `
    onRequest(({ id }) => {
      console.log('a library prints');
      console.log('17');
      console.error('a warning');
      answer({ id: 999, ok: 1 });
      answer({ id, ok: 'fine' });
    });
  `,
    { log },
  );
  assert.equal(await trainer.call('load', { path: '' }), 'fine');
  await trainer.stop();
  assert.deepEqual(log.sort(), ['17', 'a library prints', 'a warning']);
});

test('every open call of a process that ends fails as retryable, and so does every later one', async () => {
  const trainer = child('onRequest(() => process.exit(3));');
  const results = await Promise.allSettled([trainer.call('resetMoments', {}), trainer.call('load', { path: '' })]);
  for (const result of results) {
    assert.equal(result.status, 'rejected');
    assert.match(String(result.status === 'rejected' && result.reason), /trainer-died.*exit 3/);
  }
  await assert.rejects(trainer.call('resetMoments', {}), { code: 'trainer-died', retryable: true });
  await trainer.stop();
});

test('a command that does not exist is a typed problem', async () => {
  const trainer = new TrainerChild({ name: 'absent', command: '/nowhere/trainer', arguments: [] });
  await assert.rejects(trainer.call('hello', {}), { code: 'trainer-died', message: /absent.*ENOENT/ });
  await trainer.stop();
});

test('a process that does not stop at the end of its input is killed', async () => {
  let started = 0;
  const trainer = child('setInterval(() => undefined, 1000); onRequest(({ id }) => answer({ id, ok: null }));', {
    stopGraceMs: 50,
    onStarted: (pid) => {
      started = pid;
    },
  });
  await trainer.call('resetMoments', {});
  await trainer.stop();
  assert.throws(() => process.kill(started, 0), { code: 'ESRCH' });
});
