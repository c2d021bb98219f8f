// SPDX-License-Identifier: Apache-2.0
import type { FilesProgress } from '@kiban/corpus';
import { SingleBar } from 'cli-progress';
import type { CommandContext } from './command-context.ts';

/** How far a preparation is: a bar on a terminal, a line now and then in a log, one JSON value per line for programs. */
export interface PrepareView {
  update(progress: FilesProgress): void;
  /** Ends the bar; what is printed next begins on a line of its own. */
  settle(): void;
}

const plainEveryMs = 10_000;
const jsonEveryMs = 1_000;

export function createPrepareView(
  context: Pick<CommandContext, 'json' | 'language'>,
  output: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> = process.stdout,
  nowMs: () => number = Date.now,
): PrepareView {
  const pace = createPace(nowMs);
  if (context.json)
    return timed(jsonEveryMs, nowMs, (progress) => {
      const { bytesPerSecond, secondsLeft } = pace(progress);
      output.write(`${JSON.stringify({ event: 'progress', ...progress, bytesPerSecond, secondsLeft })}\n`);
    });
  if (!output.isTTY)
    return timed(plainEveryMs, nowMs, (progress) =>
      output.write(`${describeProgress(progress, pace(progress), context.language)}\n`),
    );
  let bar: SingleBar | undefined;
  return {
    update(progress) {
      const figures = describeFigures(progress, pace(progress), context.language);
      if (bar === undefined) {
        bar = new SingleBar({
          format: '  {bar} {percentage}%  {figures}',
          barsize: 24,
          barCompleteChar: '█',
          barIncompleteChar: '░',
          hideCursor: true,
          linewrap: false,
          fps: 8,
        });
        bar.start(Math.max(1, progress.bytesTotal), progress.bytesRead, { figures });
      }
      bar.setTotal(Math.max(1, progress.bytesTotal));
      bar.update(Math.min(progress.bytesTotal, progress.bytesRead), { figures });
    },
    settle() {
      bar?.stop();
      bar = undefined;
    },
  };
}

interface Pace {
  readonly bytesPerSecond: number;
  /** Null while nothing has been read. */
  readonly secondsLeft: number | null;
}

/** Speed of this run: what was prepared before it began took it no time. */
function createPace(nowMs: () => number): (progress: FilesProgress) => Pace {
  let start: { readonly atMs: number; readonly bytes: number } | undefined;
  return ({ bytesRead, bytesTotal }) => {
    start ??= { atMs: nowMs(), bytes: bytesRead };
    const bytesPerSecond = ((bytesRead - start.bytes) * 1_000) / Math.max(1, nowMs() - start.atMs);
    const secondsLeft = bytesPerSecond > 0 ? Math.ceil((bytesTotal - bytesRead) / bytesPerSecond) : null;
    return { bytesPerSecond: Math.round(bytesPerSecond), secondsLeft };
  };
}

function describeFigures({ files, filesTotal }: FilesProgress, pace: Pace, language: 'ja' | 'en'): string {
  const speed = `${(pace.bytesPerSecond / 1e6).toFixed(1)} MB/s`;
  const left = pace.secondsLeft === null ? '–' : `${pace.secondsLeft} s`;
  return language === 'ja'
    ? `${files}/${filesTotal} ファイル  ${speed}  残り ${left}`
    : `${files}/${filesTotal} files  ${speed}  ${left} left`;
}

function describeProgress(progress: FilesProgress, pace: Pace, language: 'ja' | 'en'): string {
  const share = progress.bytesTotal === 0 ? 100 : Math.floor((100 * progress.bytesRead) / progress.bytesTotal);
  return `${String(share).padStart(3)}%  ${describeFigures(progress, pace, language)}`;
}

/** The first and the last state always, in between one now and then. */
function timed(everyMs: number, nowMs: () => number, write: (progress: FilesProgress) => void): PrepareView {
  let writtenAtMs = Number.NEGATIVE_INFINITY;
  let last: FilesProgress | undefined;
  return {
    update(progress) {
      last = progress;
      if (nowMs() - writtenAtMs < everyMs) return;
      writtenAtMs = nowMs();
      last = undefined;
      write(progress);
    },
    settle() {
      if (last !== undefined) write(last);
      last = undefined;
    },
  };
}
