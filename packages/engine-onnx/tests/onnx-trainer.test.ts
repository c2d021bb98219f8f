// SPDX-License-Identifier: Apache-2.0
import { createOnnxTrainer } from '@kiban/engine-onnx';
import { describeTrainer } from '@kiban/training/conformance';

describeTrainer('onnx', createOnnxTrainer);
