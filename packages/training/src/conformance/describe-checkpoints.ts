// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { FederatedSession } from '../trainer-port.ts';
import type { MakeTrainer } from './describe-trainer.ts';
import { digestOfFile, type TrainerWorkbench } from './trainer-workbench.ts';

/** Crashes and checkpoints. */
export function describeCheckpoints(makeTrainer: MakeTrainer, getBench: () => TrainerWorkbench): void {
  async function exported(session: FederatedSession, name: string): Promise<string> {
    const path = getBench().file(`${name}.safetensors`);
    await session.exportWeights(path);
    return digestOfFile(path);
  }

  test('the steps after a resume are bitwise those that would have followed', async () => {
    const bench = getBench();
    const request = bench.request(bench.countingShard(), { stepCount: 10 });
    const path = bench.file('middle.ckpt');
    let expected: string[];
    {
      await using session = await makeTrainer().open(bench.spec('federated'));
      await session.load(await bench.weights('resume'));
      await session.run(request);
      await session.saveCheckpoint(path);
      await session.run({ ...request, firstStep: 10 });
      await session.writeDelta(bench.file('expected.f32'));
      expected = [await exported(session, 'expected'), await digestOfFile(bench.file('expected.f32'))];
    }
    await using session = await makeTrainer().open(bench.spec('federated'));
    const { nextStep, anchorDigest } = await session.resumeCheckpoint(path);
    assert.equal(nextStep, 10);
    assert.match(anchorDigest, /^[0-9a-f]{64}$/);
    await session.run({ ...request, firstStep: nextStep });
    await session.writeDelta(bench.file('resumed.f32'));
    assert.deepEqual([await exported(session, 'resumed'), await digestOfFile(bench.file('resumed.f32'))], expected);
    await session.load(await bench.weights('resume'));
    await session.saveCheckpoint(path);
    assert.deepEqual(await session.resumeCheckpoint(path), { nextStep: null, anchorDigest });
  });

  test('a process killed between any two steps goes on from its last checkpoint with the same bytes', async () => {
    const bench = getBench();
    const weights = await bench.weights('killed');
    const request = bench.request(bench.countingShard(), { stepCount: 40 });
    let whole: string;
    {
      await using session = await makeTrainer().open(bench.spec('federated'));
      await session.load(weights);
      await session.run(request);
      whole = await exported(session, 'whole');
    }
    for (const killAt of [5, 14, 33]) {
      const checkpoint = { path: bench.file(`killed-${killAt}.ckpt`), everySteps: 4 };
      let pid = 0;
      const onStarted = (started: number) => {
        pid = started;
      };
      const doomed = await makeTrainer({ onStarted }).open(bench.spec('federated'));
      await doomed.load(weights);
      const run = doomed.run(
        { ...request, checkpoint },
        { onProgress: ({ step }) => step === killAt && process.kill(pid, 'SIGKILL') },
      );
      await assert.rejects(run, { code: 'trainer-died', retryable: true });
      await assert.rejects(doomed.saveCheckpoint(checkpoint.path), { code: 'trainer-died' });
      await doomed.close();
      await using session = await makeTrainer().open(bench.spec('federated'));
      const { nextStep } = await session.resumeCheckpoint(checkpoint.path);
      assert.ok(nextStep !== null && nextStep % 4 === 0 && nextStep >= killAt - (killAt % 4), `${nextStep}`);
      await session.run({ ...request, firstStep: nextStep, stepCount: 40 - nextStep });
      assert.equal(await exported(session, `killed-${killAt}`), whole);
    }
  });

  test('a damaged or foreign checkpoint is refused and changes nothing', async () => {
    const bench = getBench();
    await using session = await makeTrainer().open(bench.spec('federated'));
    await session.load(await bench.weights('damaged'));
    await session.run(bench.request(bench.countingShard()));
    const path = bench.file('good.ckpt');
    await session.saveCheckpoint(path);
    const good = await readFile(path);
    const flipped = Buffer.from(good);
    flipped[good.length >> 1]! ^= 1;
    for (const content of [good.subarray(0, good.length - 100), flipped, Buffer.from('not a checkpoint')]) {
      await writeFile(bench.file('bad.ckpt'), content);
      await assert.rejects(session.resumeCheckpoint(bench.file('bad.ckpt')), {
        code: 'bad-checkpoint',
        message: /bad\.ckpt/,
      });
    }
    await assert.rejects(session.resumeCheckpoint(bench.file('no.ckpt')), {
      code: 'bad-checkpoint',
      message: /no\.ckpt/,
    });
    await session.saveCheckpoint(bench.file('after.ckpt'));
    assert.equal(await digestOfFile(bench.file('after.ckpt')), await digestOfFile(path));
  });
}
