// SPDX-License-Identifier: Apache-2.0
import { InferenceSession } from 'onnxruntime-node';

/**
 * A session with the settings that measurement favours: the graph as it was emitted, no spinning threads (they slow neighbours down),
 * a fixed thread count, since results repeat bitwise only for one count.
 */
export function openSession(graph: Uint8Array, threadCount: number): Promise<InferenceSession> {
  return InferenceSession.create(graph, {
    executionMode: 'sequential',
    intraOpNumThreads: threadCount,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}
