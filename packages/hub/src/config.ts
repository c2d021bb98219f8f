// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

/** `hub.yaml` in the hub's directory. */
export const hubConfigSchema = z.strictObject({
  /** Shown to members and written into what they pin. */
  coalition: z.string().min(1).max(100),
  listen: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      /** 0 takes a free port at each start. */
      port: z.int().min(0).max(65_535).default(7_400),
    })
    .prefault({}),
  /** What members put before every path and sign; needed behind a proxy. Default: http://HOST:PORT. */
  publicOrigin: z.url().optional(),
});

export type HubConfig = z.output<typeof hubConfigSchema>;
