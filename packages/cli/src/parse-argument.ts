// SPDX-License-Identifier: Apache-2.0
import { KibanError } from '@kiban/core';
import type * as z from 'zod';

/** @throws KibanError `argument-invalid` (422), naming every fault. */
export function parseArgument<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .map((issue) => `${issue.path.join('.') || String(value)}: ${issue.message}`)
    .join('\n');
  throw new KibanError({
    code: 'argument-invalid',
    status: 422,
    title: { ja: '引数に誤りがあります', en: 'An argument is wrong' },
    detail: faults,
  });
}
