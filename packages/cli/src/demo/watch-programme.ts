// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import { isKibanError, KibanError } from '@kiban/core';
import type { ProgrammePhase, ProgrammeState, ServiceEvent } from '@kiban/protocol';
import type { DemoCoalition } from './demo-coalition.ts';
import type { ActivityFigures, DemoView } from './demo-view.ts';

const phaseTexts: Partial<Record<ProgrammePhase, { ja: string; en: string }>> = {
  tokenizing: {
    ja: '各社の文書に共通する語彙に合意する (出てゆくのはマスクした出現数だけ)',
    en: 'Agreeing on a vocabulary that the companies have in common (only masked counts leave)',
  },
  preparing: {
    ja: '公開コーパスから開始モデルを作る',
    en: 'The start model from the public corpus',
  },
  running: {
    ja: '各社が自社の文書で学習し、マスクした更新だけを合計する',
    en: 'Each company trains on its own documents; only masked updates are summed',
  },
  evaluating: { ja: '各社が自社の検証文書で評価する', en: 'Each company evaluates on its own held-out documents' },
  released: { ja: 'リリースを公開する', en: 'The release is published' },
};

/** Shows the programme until it is released. @throws KibanError `programme-failed` with the hub's reason. */
export async function watchProgramme(
  coalition: DemoCoalition,
  view: DemoView,
  rounds: number,
  signal: AbortSignal,
): Promise<ProgrammeState> {
  let phase: ProgrammePhase | undefined;
  let shownRounds = 0;
  let toldVocabulary = false;
  const board = watchActivities(coalition, view, signal);
  const tellPrepared = createPreparationTeller(coalition, view);
  try {
    for (;;) {
      signal.throwIfAborted();
      const state = await coalition.programme();
      const text = state.phase === phase ? undefined : phaseTexts[state.phase];
      if (text !== undefined) view.phase(state.phase, text);
      phase = state.phase;
      if (state.agreedTokenizer !== null && !toldVocabulary) {
        toldVocabulary = true;
        const { rounds: asked, agreedMerges, newTokens } = state.agreedTokenizer;
        view.line({
          ja: `語彙: ${asked} ラウンドで ${agreedMerges} 個の結合に合意、公開文書だけでは現れないトークン ${newTokens} 個 (kiban programme tokens ${state.programme})`,
          en: `vocabulary: ${agreedMerges} merges agreed in ${asked} rounds, ${newTokens} tokens that public text alone would not give (kiban programme tokens ${state.programme})`,
        });
      }
      await tellPrepared();
      for (const summary of state.rounds.slice(shownRounds)) view.round(summary, rounds);
      shownRounds = state.rounds.length;
      if (state.phase === 'released') return state;
      if (state.phase === 'failed' || state.phase === 'stopped') throw failed(state);
      await delay(200, undefined, { signal });
    }
  } finally {
    board.stop();
    view.settle();
  }
}

/** One line for each data set that a node has read: what it gave, and that some files could not be used. */
function createPreparationTeller(coalition: DemoCoalition, view: DemoView): () => Promise<void> {
  const told = new Map<string, number>();
  return async () => {
    for (const [member, node] of coalition.nodes) {
      const { events } = await node.client.get<{ events: ServiceEvent[] }>(`/events?after=${told.get(member) ?? 0}`);
      for (const { event, sequence, data } of events) {
        told.set(member, sequence);
        if (event !== 'data-set-prepared') continue;
        const { dataSet, documents, tokens, refused, partlyKept } = data as Record<string, number | string>;
        const unused = Number(refused) + Number(partlyKept);
        const place = `kiban data inspect ${dataSet} --directory ${node.directory}`;
        view.line({
          ja: `${member} ${dataSet}: 文書 ${documents} 件、${tokens} トークン${unused === 0 ? '' : `。使えない、または一部だけのファイル ${unused} 件 (${place})`}`,
          en: `${member} ${dataSet}: ${documents} documents, ${tokens} tokens${unused === 0 ? '' : `; ${unused} files not or only partly usable (${place})`}`,
        });
      }
    }
  };
}

/** Polls what each node is doing; they are on this machine. */
export function watchActivities(coalition: DemoCoalition, view: DemoView, signal: AbortSignal): { stop(): void } {
  let stopped = false;
  const look = async () => {
    while (!stopped && !signal.aborted) {
      await Promise.all(
        [...coalition.nodes].map(async ([member, node]) => {
          try {
            const figures = await node.client.get<ActivityFigures>('/activity', signal);
            if (!stopped) view.activity(member, figures);
          } catch (error) {
            if (!isKibanError(error) && !signal.aborted) throw error;
          }
        }),
      );
      await delay(250, undefined, { signal }).catch(() => undefined);
    }
  };
  void look().catch(() => undefined);
  return {
    stop: () => {
      stopped = true;
    },
  };
}

function failed(state: ProgrammeState): KibanError {
  return new KibanError({
    code: 'programme-failed',
    status: 500,
    title: { ja: 'プログラムが終わりませんでした', en: 'The programme did not finish' },
    detail: `${state.programme}: ${state.phase} (${state.reason})`,
  });
}
