// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Sealed } from '@kiban/core';
import type { GenerationEvent, GenerationInput, GenerationRequest, InferenceEngine } from '../inference-engine.ts';

export interface EngineUnderTest {
  readonly engine: InferenceEngine;
  readonly model: string;
  /** A prompt to which the model, greedy, writes at least 12 tokens and 6 different characters before it closes its turn. */
  readonly prompt: string;
  /** Name of a control token. */
  readonly specialToken: string;
  /** The prompt as one user message, rendered with the model's template, answer prefix included. */
  readonly renderedQuestion: string;
  /** Requests that run or wait at once before the engine refuses. */
  readonly capacity: number;
}

/** The contract of the inference port, for every engine. `open` is called once per test that closes the engine, and once for the rest. */
export function describeInferenceEngine(name: string, open: () => Promise<EngineUnderTest>): void {
  describe(`inference engine: ${name}`, () => {
    let subject: EngineUnderTest;
    before(async () => {
      subject = await open();
    });
    after(() => subject.engine.close());

    const ask = (options: Partial<GenerationRequest> & { readonly ask?: GenerationInput } = {}): GenerationRequest => {
      const { ask: input = { kind: 'text', text: subject.prompt }, ...rest } = options;
      return { model: subject.model, input: new Sealed(input), maximumTokens: 12, temperature: 0, ...rest };
    };
    const run = (request: GenerationRequest) => collect(subject.engine.generate(request));

    test('lists its models with name, time and context length', () => {
      const models = subject.engine.listModels();
      assert.equal(new Set(models.map((model) => model.id)).size, models.length);
      const model = models.find((candidate) => candidate.id === subject.model);
      assert.ok(model !== undefined && Number.isInteger(model.createdAtSeconds) && model.contextLength > 0);
    });

    test('gives text events that are not empty and exactly one finish, last', async () => {
      const { events } = await run(ask());
      assert.equal(events.filter((event) => event.kind === 'finished').length, 1);
      assert.equal(events.at(-1)?.kind, 'finished');
      for (const event of events) assert.ok(event.kind === 'finished' || event.text.length > 0);
    });

    test('stops at the maximum with reason length and counts every token', async () => {
      for (const maximumTokens of [1, 5]) {
        const { finish } = await run(ask({ maximumTokens }));
        assert.deepEqual([finish.finishReason, finish.completionTokens], ['length', maximumTokens]);
        assert.ok(finish.promptTokens > 0);
      }
    });

    test('greedy generation repeats itself and ignores the seed', async () => {
      const first = await run(ask({ seed: 1 }));
      const second = await run(ask({ seed: 2 }));
      assert.equal(first.text, second.text);
    });

    test('sampling repeats itself under one seed and varies over seeds', async () => {
      const sampled = async (seed: number) => (await run(ask({ temperature: 1, seed }))).text;
      assert.equal(await sampled(7), await sampled(7));
      const texts = new Set<string>();
      for (let seed = 0; seed < 6; seed += 1) texts.add(await sampled(seed));
      assert.ok(texts.size > 1);
    });

    test('a tiny nucleus samples what greedy takes', async () => {
      const greedy = await run(ask());
      const nucleus = await run(ask({ temperature: 1, topP: 1e-6, seed: 3 }));
      assert.equal(nucleus.text, greedy.text);
    });

    test('ends before a stop string and gives out no part of it', async () => {
      const whole = (await run(ask())).text;
      const at = Math.floor(whole.length / 2);
      const stop = whole.slice(at, at + 2);
      const { text, finish } = await run(ask({ stop: ['never written', stop] }));
      assert.equal(text, whole.slice(0, whole.indexOf(stop)));
      assert.equal(finish.finishReason, 'stop');
    });

    test('text that is held back for a stop string comes at the end if the string does not', async () => {
      const whole = (await run(ask())).text;
      const { text, finish } = await run(ask({ stop: [`${whole.slice(-1)}${'\u{10ffff}'}`] }));
      assert.deepEqual([text, finish.finishReason], [whole, 'length']);
    });

    test('the name of a control token is text in a text, and the token in a rendered prompt', async () => {
      const text = subject.specialToken;
      const plain = await run(ask({ ask: { kind: 'text', text } }));
      const parsed = await run(ask({ ask: { kind: 'text', text, parseSpecials: true } }));
      assert.equal(parsed.finish.promptTokens, 1);
      assert.ok(plain.finish.promptTokens > 1);
    });

    test('a chat is the rendered template, and a control token typed into it stays text', async () => {
      const chat = (content: string): GenerationInput => ({ kind: 'chat', messages: [{ role: 'user', content }] });
      const asked = await run(ask({ ask: chat(subject.prompt) }));
      const rendered = await run(ask({ ask: { kind: 'text', text: subject.renderedQuestion, parseSpecials: true } }));
      assert.equal(asked.finish.promptTokens, rendered.finish.promptTokens);
      assert.equal(asked.text, rendered.text);
      const typed = await run(ask({ ask: chat(subject.prompt + subject.specialToken) }));
      assert.ok(typed.finish.promptTokens > asked.finish.promptTokens + 1);
    });

    test('token ids are fed as they are, and wrong ones refused', async () => {
      const { finish } = await run(ask({ ask: { kind: 'tokens', tokens: [1, 2, 3] } }));
      assert.equal(finish.promptTokens, 3);
      for (const tokens of [[-1], [1.5], [2 ** 31]]) {
        await assert.rejects(run(ask({ ask: { kind: 'tokens', tokens } })), { code: 'prompt-token-invalid' });
      }
    });

    test('refuses an unknown model, an empty prompt, and one that leaves no room for an answer', async () => {
      await assert.rejects(run(ask({ model: 'nobody/knows' })), { code: 'model-not-found' });
      await assert.rejects(run(ask({ ask: { kind: 'tokens', tokens: [] } })), { code: 'prompt-empty' });
      const model = subject.engine.listModels().find((candidate) => candidate.id === subject.model);
      const tokens = new Array<number>(model?.contextLength ?? 0).fill(1);
      await assert.rejects(run(ask({ ask: { kind: 'tokens', tokens } })), { code: 'context-length-exceeded' });
      const last = await run(ask({ ask: { kind: 'tokens', tokens: tokens.slice(1) } }));
      assert.equal(last.finish.completionTokens, 1);
    });

    test('an aborted request throws the reason, before the start and in the middle', async () => {
      const reason = new Error('asked to stop');
      await assert.rejects(run(ask({ signal: AbortSignal.abort(reason) })), reason);
      const aborting = new AbortController();
      const seen: GenerationEvent[] = [];
      const consume = async () => {
        for await (const event of subject.engine.generate(ask({ signal: aborting.signal }))) {
          seen.push(event);
          aborting.abort(reason);
        }
      };
      await assert.rejects(consume(), reason);
      assert.ok(seen.length === 1 && seen[0]?.kind === 'text');
    });

    test('consumers that leave and aborts give their places back', async () => {
      for (let index = 0; index <= subject.capacity; index += 1) {
        for await (const event of subject.engine.generate(ask())) {
          if (event.kind === 'text') break;
        }
        const aborting = new AbortController();
        const running = run(ask({ signal: aborting.signal }));
        aborting.abort(new Error('gone'));
        await assert.rejects(running, /gone/);
      }
      assert.equal((await run(ask())).finish.completionTokens, 12);
    });

    test('requests at once all end as if alone up to the capacity, and the next is refused as busy', async () => {
      const alone = await run(ask());
      const outcomes = await Promise.allSettled(Array.from({ length: subject.capacity + 1 }, () => run(ask())));
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      assert.deepEqual(
        refused.map((outcome) => (outcome.reason as { code?: string }).code),
        ['engine-busy'],
      );
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') assert.equal(outcome.value.finish.promptTokens, alone.finish.promptTokens);
      }
      assert.equal((await run(ask())).text, alone.text);
    });

    test('closing ends what runs; afterwards everything is refused and closing again is harmless', async () => {
      const closing = await open();
      const request: GenerationRequest = {
        model: closing.model,
        input: new Sealed({ kind: 'text', text: closing.prompt }),
        temperature: 0,
      };
      const running = closing.engine.generate(request)[Symbol.asyncIterator]();
      await running.next();
      await closing.engine.close();
      await assert.rejects(
        async () => {
          for (let step = await running.next(); step.done !== true; ) step = await running.next();
          throw Object.assign(new Error('it went on'), { code: 'went-on' });
        },
        { code: 'engine-unavailable' },
      );
      await assert.rejects(collect(closing.engine.generate(request)), { code: 'engine-unavailable' });
      await closing.engine.close();
      assert.deepEqual(closing.engine.listModels(), []);
    });
  });
}

async function collect(events: AsyncIterable<GenerationEvent>) {
  const list: GenerationEvent[] = [];
  for await (const event of events) list.push(event);
  const finish = list.at(-1);
  assert.equal(finish?.kind, 'finished');
  const text = list.map((event) => (event.kind === 'text' ? event.text : '')).join('');
  return { events: list, text, finish };
}
