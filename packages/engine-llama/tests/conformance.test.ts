// SPDX-License-Identifier: Apache-2.0
import { after, before } from 'node:test';
import { silentLogger } from '@kiban/core';
import { describeInferenceEngine } from '@kiban/gateway/conformance';
import { createLlamaEngine } from '../src/index.ts';
import { makeRandomModel, type RandomModel } from './random-model.ts';

let random: RandomModel;
before(async () => {
  random = await makeRandomModel({ seed: 'conformance' });
});
after(() => random[Symbol.asyncDispose]());

describeInferenceEngine('llama.cpp', async () => ({
  engine: await createLlamaEngine({
    models: [{ id: 'kiban/tiny', ggufPath: random.ggufPath }],
    threadCount: 1,
    logger: silentLogger,
    parallelSequences: 2,
    maximumWaiting: 3,
  }),
  model: 'kiban/tiny',
  prompt: '高炉 temperature',
  specialToken: '<|eot|>',
  renderedQuestion: '<|begin|><|user|>高炉 temperature<|eot|><|assistant|>',
  capacity: 5,
}));
