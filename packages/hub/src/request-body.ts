// SPDX-License-Identifier: Apache-2.0
import type { FastifyRequest } from 'fastify';
import type * as z from 'zod';
import { problems } from './problems.ts';

export function parseBody<S extends z.ZodType>(request: FastifyRequest, schema: S): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bodyOf(request)).toString('utf8'));
  } catch {
    throw problems.requestInvalid('the body is not JSON');
  }
  return schema.parse(value);
}

export function bodyOf(request: FastifyRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
}
