// SPDX-License-Identifier: Apache-2.0
import { type Clock, isKibanError, type ProgrammeId } from '@kiban/core';
import { type Decision, type SignedDataCard, verifyDataCard } from '@kiban/protocol';
import type { EventLog } from '@kiban/store-sql';
import type { Caller } from './authentication.ts';
import type { Members } from './members.ts';
import { problems } from './problems.ts';
import type { Programmes } from './programmes.ts';

/** What members let the hub have of their data cards. Nobody is asked for any: a programme runs as well without. */
export class DataCards {
  readonly #programmes: Programmes;
  readonly #members: Members;
  readonly #clock: Clock;
  readonly #events: EventLog;

  constructor(programmes: Programmes, members: Members, clock: Clock, events: EventLog) {
    this.#programmes = programmes;
    this.#members = members;
    this.#clock = clock;
    this.#events = events;
  }

  /**
   * Takes a card of a data set that its organisation approved for the programme; a newer one takes the place of an older one.
   * @throws KibanError `data-card-refused` (422), `not-found`, `wrong-phase`
   */
  async put(programme: ProgrammeId, caller: Caller, dataSet: string, signed: SignedDataCard): Promise<void> {
    const { organisation } = caller;
    await this.#requireOwnSignature(organisation, signed);
    const { card } = signed;
    if (card.organisation !== organisation || card.dataSet !== dataSet)
      throw problems.dataCardRefused(
        `カードは ${card.organisation} の ${card.dataSet} のもので、${organisation} の ${dataSet} のものではありません。`,
        `The card is of ${card.dataSet} of ${card.organisation}, not of ${dataSet} of ${organisation}.`,
      );
    await this.#programmes.change(programme, async (row, transaction) => {
      if (!['preparing', 'running', 'evaluating', 'released'].includes(row.phase))
        throw problems.wrongPhase(programme, row.phase, 'preparing, running, evaluating, released');
      const decided = await transaction
        .selectFrom('decision')
        .select('decision_json')
        .where('programme', '=', programme)
        .where('organisation', '=', organisation)
        .executeTakeFirst();
      const decision = decided === undefined ? undefined : (JSON.parse(decided.decision_json) as Decision);
      const approved =
        decision?.decision === 'approve' ? decision.dataSets.find((one) => one.id === dataSet) : undefined;
      if (approved === undefined) throw problems.notFound(`data set ${dataSet} of ${organisation} in ${programme}`);
      if (approved.dataClass !== card.dataClass || approved.basis !== card.basis)
        throw problems.dataCardRefused(
          `区分と根拠が承認のときと異なります (${approved.dataClass}、${approved.basis})。`,
          `Class and basis are not those of the approval (${approved.dataClass}, ${approved.basis}).`,
        );
      const values = {
        card_json: JSON.stringify(signed),
        received_at_ms: this.#clock.nowMs(),
        signature_json: JSON.stringify(caller.evidence),
      };
      await transaction
        .insertInto('data_card')
        .values({ programme, organisation, data_set: dataSet, ...values })
        .onConflict((conflict) => conflict.columns(['programme', 'organisation', 'data_set']).doUpdateSet(values))
        .execute();
      const share = card.details === null ? 'summary' : 'full';
      await this.#events.record('data-card-received', { organisation, dataSet, share }, programme, transaction);
    });
  }

  async #requireOwnSignature(organisation: string, signed: SignedDataCard): Promise<void> {
    try {
      const owner = await this.#members.byMessageKey(verifyDataCard(signed).keyId);
      if (owner?.organisation === organisation) return;
    } catch (error) {
      if (!isKibanError(error)) throw error;
    }
    throw problems.dataCardRefused(
      `カードに ${organisation} の鍵による正しい署名がありません。`,
      `The card does not bear a valid signature by a key of ${organisation}.`,
    );
  }
}
