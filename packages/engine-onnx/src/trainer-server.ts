// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';
import {
  evaluationRequestSchema,
  type FederatedSession,
  type SovereignSession,
  trainerSpecSchema,
  trainingRequestSchema,
} from '@kiban/training';
import * as z from 'zod';
import { openOnnxSession } from './onnx-session.ts';
import {
  problemMessage,
  type TrainerAnswerMessage,
  type TrainerRequestMessage,
  trainerProtocolVersion,
} from './trainer-messages.ts';
import { asTrainerProblem, trainerProblem } from './trainer-problems.ts';

const fileSchema = z.strictObject({ path: z.string().min(1) });
const noneSchema = z.strictObject({});
const abortSchema = z.strictObject({ request: z.int() });

/** Serves one session until the input ends; requests that were not begun by then are dropped. */
export async function serveTrainer(
  input: NodeJS.ReadableStream,
  answer: (message: TrainerAnswerMessage) => void,
): Promise<void> {
  let session: SovereignSession | FederatedSession | undefined;
  const ended = new AbortController();
  const runs = new Map<number, AbortController>();
  let queue: Promise<void> = Promise.resolve();

  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    const request = parseRequest(line);
    if (request === undefined) {
      console.error('trainer: a line is not a request of the trainer protocol');
      return;
    }
    if (request.method === 'run') runs.set(request.id, new AbortController());
    if (request.method === 'abort') void serve(request);
    else queue = queue.then(() => serve(request));
  });
  await new Promise<void>((resolve) => lines.once('close', resolve));
  ended.abort();
  await queue;
  await session?.close();

  async function serve(request: TrainerRequestMessage): Promise<void> {
    if (ended.signal.aborted) return;
    const { id } = request;
    try {
      answer({ id, ok: (await perform(request)) ?? null });
    } catch (error) {
      const problem = asTrainerProblem(error);
      if (problem !== error) console.error(error);
      answer({ id, problem: problemMessage(problem) });
    } finally {
      runs.delete(id);
    }
  }

  async function perform({ id, method, params }: TrainerRequestMessage): Promise<unknown> {
    switch (method) {
      case 'hello':
        parse(noneSchema, params);
        return { protocol: trainerProtocolVersion, engine: 'onnx' };
      case 'open':
        await session?.close();
        session = await openOnnxSession(parse(trainerSpecSchema, params));
        return;
      case 'load':
        return open().load(parse(fileSchema, params).path);
      case 'run':
        return open().run(parse(trainingRequestSchema, params), {
          signal: AbortSignal.any([ended.signal, runs.get(id)!.signal]),
          onProgress: (progress) => answer({ id, event: 'progress', progress }),
        });
      case 'abort':
        runs.get(parse(abortSchema, params).request)?.abort();
        return;
      case 'evaluate':
        return open().evaluate(parse(evaluationRequestSchema, params));
      case 'exportWeights':
        return open().exportWeights(parse(fileSchema, params).path);
      case 'writeDelta':
        return federated(open()).writeDelta(parse(fileSchema, params).path);
      case 'saveCheckpoint':
        return open().saveCheckpoint(parse(fileSchema, params).path);
      case 'resumeCheckpoint':
        return open().resumeCheckpoint(parse(fileSchema, params).path);
      case 'resetMoments':
        parse(noneSchema, params);
        return open().resetMoments();
      default:
        throw unknownMethod(method);
    }
  }

  function open(): SovereignSession {
    if (session === undefined)
      throw trainerProblem('bad-config', { ja: 'セッションが開かれていません。', en: 'No session is open.' });
    return session;
  }
}

function federated(session: SovereignSession | FederatedSession): FederatedSession {
  if (!('writeDelta' in session))
    throw trainerProblem('bad-config', {
      ja: '自社専用モデルの学習には更新がありません。',
      en: 'A sovereign session has no update.',
    });
  return session;
}

function parseRequest(line: string): TrainerRequestMessage | undefined {
  try {
    const value = JSON.parse(line) as Partial<TrainerRequestMessage> | null;
    return Number.isSafeInteger(value?.id) && typeof value?.method === 'string'
      ? (value as TrainerRequestMessage)
      : undefined;
  } catch {
    return undefined;
  }
}

function parse<S extends z.ZodType>(schema: S, params: unknown): z.output<S> {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw trainerProblem('bad-config', { ja: faults, en: faults });
}

function unknownMethod(method: never) {
  return trainerProblem('bad-config', {
    ja: `${method} という呼び出しはありません。`,
    en: `There is no call ${method}.`,
  });
}
