// SPDX-License-Identifier: Apache-2.0
import type { Localised } from '@kiban/core';
import type { RoundSummary } from '@kiban/protocol';
import { MultiBar, type SingleBar } from 'cli-progress';
import pc from 'picocolors';
import type { CommandContext } from '../command-context.ts';

export interface ActivityFigures {
  readonly kind: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly sinceMs: number;
  readonly loss?: number;
}

/** What the visitor sees: bars on a terminal, plain lines in a log, one JSON event per line for programs. */
export interface DemoView {
  phase(name: string, text: Localised): void;
  line(text: Localised): void;
  /** Free text, already in the right language. */
  block(name: string, value: unknown, lines: readonly string[]): void;
  round(summary: RoundSummary, rounds: number): void;
  activity(member: string, figures: ActivityFigures): void;
  /** Bars go; what was printed stays. */
  settle(): void;
}

const activityNames: Readonly<Record<string, Localised>> = {
  'preparing-data': { ja: '文書を準備', en: 'preparing documents' },
  'counting-tokens': { ja: '語彙を数える', en: 'counting pairs of tokens' },
  'training-tokenizer': { ja: 'トークナイザ', en: 'tokenizer' },
  'training-start': { ja: '開始モデルを学習', en: 'training the start model' },
  'training-round': { ja: '学習', en: 'training' },
  'training-local': { ja: '単独で学習', en: 'training alone' },
  evaluating: { ja: '評価', en: 'evaluating' },
  uploading: { ja: 'マスクして送信', en: 'masking and uploading' },
  waiting: { ja: '他社を待つ', en: 'waiting for others' },
  idle: { ja: '待機', en: 'idle' },
};

const clearToEndOfLine = '\u001b[K';

export function createDemoView(context: CommandContext): DemoView {
  if (context.json) return jsonView();
  return process.stdout.isTTY ? terminalView(context) : plainView(context);
}

function roundLine(summary: RoundSummary, rounds: number, context: CommandContext): string {
  const figure = (value: number | null) => (value === null ? '–' : value.toFixed(3));
  const megabytes = (summary.maskedBytes / 1e6).toFixed(1);
  const seconds = (summary.durationMs / 1000).toFixed(1);
  const outcome = {
    accepted: { ja: '採用', en: 'accepted' },
    rejected: { ja: '却下', en: 'rejected' },
    burnt: { ja: '無効', en: 'void' },
  }[summary.outcome];
  return context.language === 'ja'
    ? `ラウンド ${String(summary.round).padStart(2)}/${rounds}  ${summary.members.length}社  検証損失 ${figure(summary.heldOutLossBefore)} → ${figure(summary.heldOutLossAfter)}  マスク済み ${megabytes} MB  ${seconds} 秒  ${outcome.ja}`
    : `round ${String(summary.round).padStart(2)}/${rounds}  ${summary.members.length} members  held-out loss ${figure(summary.heldOutLossBefore)} → ${figure(summary.heldOutLossAfter)}  masked ${megabytes} MB  ${seconds} s  ${outcome.en}`;
}

function plainView(context: CommandContext): DemoView {
  const startedAtMs = Date.now();
  const write = (text: string) =>
    process.stdout.write(`[${String(Math.round((Date.now() - startedAtMs) / 1000)).padStart(4)}s] ${text}\n`);
  const last = new Map<string, string>();
  return {
    phase: (_name, text) => write(`== ${text[context.language]}`),
    line: (text) => write(text[context.language]),
    block: (_name, _value, lines) => process.stdout.write(`${lines.join('\n')}\n`),
    round: (summary, rounds) => write(roundLine(summary, rounds, context)),
    activity(member, figures) {
      // A log names only what begins; steps would fill it.
      if (
        figures.kind === 'idle' ||
        figures.kind === 'training-round' ||
        figures.kind === 'waiting' ||
        figures.kind === 'uploading'
      )
        return;
      if (figures.kind === 'evaluating' || last.get(member) === figures.kind) return;
      last.set(member, figures.kind);
      write(`${member}: ${(activityNames[figures.kind] ?? { ja: figures.kind, en: figures.kind })[context.language]}`);
    },
    settle: () => undefined,
  };
}

function jsonView(): DemoView {
  const write = (event: string, data: object) =>
    process.stdout.write(`${JSON.stringify({ event, atMs: Date.now(), ...data })}\n`);
  return {
    phase: (name, text) => write('phase-entered', { phase: name, text: text.en }),
    line: (text) => write('message', { text: text.en }),
    block: (name, value) => write(name, { value }),
    round: (summary, rounds) => write('round-closed', { ...summary, rounds }),
    activity: (member, figures) => write('activity', { member, ...figures }),
    settle: () => undefined,
  };
}

function terminalView(context: CommandContext): DemoView {
  const { language } = context;
  const colours = [pc.cyan, pc.magenta, pc.yellow, pc.green];
  const left = language === 'ja' ? '残り' : 'left';
  let bars: MultiBar | undefined;
  const byMember = new Map<string, SingleBar>();
  const open = () => {
    bars ??= new MultiBar({
      format: '  {member} {bar} {percentage}%  {what}  {figures}',
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      fps: 8,
      linewrap: false,
    });
    return bars;
  };
  const print = (text: string) => {
    if (bars === undefined) process.stdout.write(`${text}\n`);
    // Each line clears what a longer bar left behind it.
    else bars.log(`${text.replaceAll('\n', `${clearToEndOfLine}\n`)}${clearToEndOfLine}\n`);
  };
  return {
    phase: (_name, text) => print(pc.bold(`\n● ${text[language]}`)),
    line: (text) => print(`  ${text[language]}`),
    block: (_name, _value, lines) => print(lines.join('\n')),
    round: (summary, rounds) => {
      const text = roundLine(summary, rounds, context);
      print(`  ${summary.outcome === 'accepted' ? text : pc.red(text)}`);
    },
    activity(member, figures) {
      const colour = colours[byMember.size % colours.length]!;
      let bar = byMember.get(member);
      if (bar === undefined) {
        bar = open().create(1, 0, { member: colour(member.padEnd(8)), what: '', figures: '' });
        byMember.set(member, bar);
      }
      const total = Math.max(1, figures.total);
      const seconds = Math.max(0.001, (Date.now() - figures.sinceMs) / 1000);
      const rate = figures.done / seconds;
      const shownRate =
        figures.unit === 'bytes' ? `${(rate / 1e6).toFixed(1)} MB/s` : `${rate.toFixed(1)} ${figures.unit}/s`;
      const eta = rate > 0 ? `${left} ${Math.ceil((total - figures.done) / rate)} s` : '';
      bar.setTotal(total);
      bar.update(Math.min(total, figures.done), {
        what: (activityNames[figures.kind] ?? { ja: figures.kind, en: figures.kind })[language],
        figures:
          figures.total > 1
            ? [shownRate, eta, figures.loss === undefined ? '' : `loss ${figures.loss.toFixed(2)}`]
                .filter(Boolean)
                .join('  ')
            : '',
      });
    },
    settle() {
      bars?.stop();
      bars = undefined;
      byMember.clear();
    },
  };
}
