// SPDX-License-Identifier: Apache-2.0
import { type DestinationStream, pino } from 'pino';

/** Fields that may be written. Anything else is dropped, so that contents of documents, updates, prompts or keys cannot reach a log by mistake. */
export interface LogFields {
  readonly organisation?: string;
  readonly programme?: string;
  readonly instance?: string;
  readonly round?: number;
  readonly attempt?: number;
  readonly stage?: string;
  readonly step?: number;
  readonly code?: string;
  readonly status?: number;
  readonly method?: string;
  readonly route?: string;
  readonly requestId?: string;
  readonly durationMs?: number;
  readonly bytes?: number;
  readonly count?: number;
  readonly port?: number;
  readonly pid?: number;
  readonly path?: string;
  readonly state?: string;
  readonly digest?: string;
  readonly reason?: string;
}

const allowed: ReadonlySet<string> = new Set([
  'organisation',
  'programme',
  'instance',
  'round',
  'attempt',
  'stage',
  'step',
  'code',
  'status',
  'method',
  'route',
  'requestId',
  'durationMs',
  'bytes',
  'count',
  'port',
  'pid',
  'path',
  'state',
  'digest',
  'reason',
] satisfies (keyof LogFields)[]);

/** `event` is noun-verb in kebab-case, for example `round-opened`. */
export interface Logger {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** The error's code and stack are written; its message only when it is a KibanError, whose messages are safe. */
  error(event: string, error: unknown, fields?: LogFields): void;
}

/** JSON lines, one event each. */
export function createLogger(
  role: string,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  const sink = pino({ base: { role }, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' }, destination);
  return {
    info: (event, fields = {}) => sink.info(pick(fields), event),
    warn: (event, fields = {}) => sink.warn(pick(fields), event),
    error: (event, error, fields = {}) => {
      const known = error as { code?: unknown; stack?: string } | undefined;
      sink.error(
        { ...pick(fields), code: fields.code ?? String(known?.code ?? 'unknown'), stack: framesOf(known?.stack) },
        event,
      );
    },
  };
}

/** For tests and libraries that were given none. */
export const silentLogger: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Where it happened, without the message: a foreign error's message may quote what must not be logged. */
function framesOf(stack: string | undefined): string | undefined {
  return stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
    .join('\n');
}

function pick(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => allowed.has(key)));
}
