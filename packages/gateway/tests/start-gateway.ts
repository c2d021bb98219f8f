// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger, systemClock, systemRandom } from '@kiban/core';
import { createGatewayHandler, type GatewayOptions } from '../src/index.ts';

export interface RunningGateway {
  readonly origin: string;
  readonly server: Server;
  stop(): Promise<void>;
}

/** The handler behind a real server on a free port; what it leaves alone is answered with 418. */
export async function startGateway(
  options: Pick<GatewayOptions, 'engine'> & Partial<GatewayOptions>,
): Promise<RunningGateway> {
  const handle = createGatewayHandler({ clock: systemClock, random: systemRandom, logger: silentLogger, ...options });
  const server = createServer(async (request, response) => {
    if (!(await handle(request, response))) response.writeHead(418).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    stop: async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
