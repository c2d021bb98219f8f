// SPDX-License-Identifier: Apache-2.0
import { describeInferenceEngine } from '../src/conformance/describe-inference-engine.ts';
import { FakeEngine } from './fake-engine.ts';

// The suite must hold for the engine that the tests of the handler rest on.
describeInferenceEngine('fake', async () => ({
  engine: new FakeEngine(),
  model: 'kiban/fake',
  prompt: '高炉の温度',
  specialToken: '<|eot|>',
  renderedQuestion: '<|begin|><|user|>高炉の温度<|eot|><|assistant|>',
  capacity: 5,
}));
