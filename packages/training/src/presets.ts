// SPDX-License-Identifier: Apache-2.0
import { type ModelConfig, modelConfigSchema } from './model-config.ts';
import type { RunPlan } from './run-plan.ts';

const shapes = {
  tiny: { hiddenSize: 96, layerCount: 4, headCount: 4, keyValueHeadCount: 2, feedForwardSize: 256 },
  small: { hiddenSize: 256, layerCount: 4, headCount: 4, keyValueHeadCount: 2, feedForwardSize: 704 },
  medium: { hiddenSize: 384, layerCount: 6, headCount: 6, keyValueHeadCount: 2, feedForwardSize: 1_024 },
  large: { hiddenSize: 512, layerCount: 8, headCount: 8, keyValueHeadCount: 4, feedForwardSize: 1_408 },
} as const;

export type ModelPreset = keyof typeof shapes;

export function presetConfig(preset: ModelPreset, vocabularySize: number, contextLength: number): ModelConfig {
  return modelConfigSchema.parse({ ...shapes[preset], vocabularySize, contextLength });
}

/** The model that a run plan trains. */
export function modelConfigOf(plan: Pick<RunPlan, 'model'>): ModelConfig {
  return presetConfig(plan.model.preset, plan.model.vocabularySize, plan.model.contextLength);
}
