// SPDX-License-Identifier: Apache-2.0
import type { Clock, Logger } from '@kiban/core';
import type { Coalition } from '@kiban/protocol';
import type { BlobStore } from '@kiban/store-blob';
import type { EventLog } from '@kiban/store-sql';
import type { AggregationService } from './aggregation-service.ts';
import type { Authenticator } from './authentication.ts';
import type { DataCards } from './data-cards.ts';
import type { DuplicateExchanges } from './duplicate-exchanges.ts';
import type { Members } from './members.ts';
import type { Programmes } from './programmes.ts';
import type { ReleaseWriter } from './release-writer.ts';
import type { RoundDriver } from './round-driver.ts';

/** What the HTTP API is made of. */
export interface HubParts {
  readonly coalition: Coalition;
  readonly members: Members;
  readonly programmes: Programmes;
  readonly dataCards: DataCards;
  readonly aggregation: AggregationService;
  readonly driver: RoundDriver;
  readonly releases: ReleaseWriter;
  readonly duplicates: DuplicateExchanges;
  readonly blobs: BlobStore;
  readonly events: EventLog;
  readonly authenticator: Authenticator;
  readonly administrationToken: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the hub stops: long polls end then. */
  readonly stopping: AbortSignal;
}
