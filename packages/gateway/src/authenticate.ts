// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { Sealed } from '@kiban/core';
import { invalidApiKey } from './request-problems.ts';

/** Who asks, as far as the key says. */
export interface Principal {
  readonly id: string;
}

/** Checks a bearer key; compare digests, not texts, so that the time taken tells nothing. */
export type Authenticate = (key: Sealed<string>) => Promise<Principal | 'refused'> | Principal | 'refused';

/** @throws KibanError invalid-api-key, also when the header is missing or given twice. */
export async function requirePrincipal(request: IncomingMessage, authenticate: Authenticate): Promise<Principal> {
  const given = request.headersDistinct.authorization ?? [];
  const key = given.length === 1 ? /^bearer +(\S+)$/i.exec(given[0] ?? '')?.[1] : undefined;
  const outcome = key === undefined ? 'refused' : await authenticate(new Sealed(key));
  if (outcome === 'refused') throw invalidApiKey();
  return outcome;
}
