// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

export const dataClassSchema = z.enum(['public', 'internal', 'confidential', 'restricted']);
export type DataClass = z.output<typeof dataClassSchema>;
