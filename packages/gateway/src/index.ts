// SPDX-License-Identifier: Apache-2.0
export type { Authenticate, Principal } from './authenticate.ts';
export * from './chat-prompt.ts';
export { createGatewayHandler, type GatewayHandler, type GatewayOptions } from './gateway-handler.ts';
export * from './inference-engine.ts';
export * from './inference-problems.ts';
export * from './slot-queue.ts';
export * from './stop-strings.ts';
