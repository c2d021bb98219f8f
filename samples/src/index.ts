// SPDX-License-Identifier: Apache-2.0
export { defaultSampleSizes, generateSamples, type SampleManifest, type SampleSizes } from './generate-samples.ts';
export type { HeldOutQuestion } from './questions.ts';
export { type Sector, sectors } from './sector.ts';
