// SPDX-License-Identifier: Apache-2.0

/** Paths of the hub's API below its base URL. Every request of a member is signed (RFC 9421); only `coalition` and `health` are open. */
export const hubRoutes = {
  health: () => '/healthz',
  coalition: () => '/v1/coalition',
  members: () => '/v1/members',
  programmes: () => '/v1/programmes',
  programme: (programme: string) => `/v1/programmes/${programme}`,
  decision: (programme: string) => `/v1/programmes/${programme}/decision`,
  start: (programme: string) => `/v1/programmes/${programme}/start`,
  scores: (programme: string) => `/v1/programmes/${programme}/scores`,
  dataCard: (programme: string, dataSet: string) => `/v1/programmes/${programme}/data-cards/${dataSet}`,
  blob: (digest: string) => `/v1/blobs/${digest}`,
  list: (instance: string, attempt: number, list: string) => `/v1/instances/${instance}/attempts/${attempt}/${list}`,
  message: (instance: string, attempt: number, stage: string) =>
    `/v1/instances/${instance}/attempts/${attempt}/messages/${stage}`,
  shards: (instance: string, attempt: number) => `/v1/instances/${instance}/attempts/${attempt}/shards`,
  shard: (instance: string, attempt: number, shard: number) =>
    `/v1/instances/${instance}/attempts/${attempt}/shards/${shard}`,
  progress: (instance: string, attempt: number) => `/v1/instances/${instance}/attempts/${attempt}/progress`,
  duplicateExchange: (exchange: string) => `/v1/duplicate-exchanges/${exchange}`,
  duplicateText: (exchange: string, stage: 'advertised' | 'sealed') => `/v1/duplicate-exchanges/${exchange}/${stage}`,
  duplicateTokens: (exchange: string) => `/v1/duplicate-exchanges/${exchange}/tokens`,
  duplicateFlags: (exchange: string) => `/v1/duplicate-exchanges/${exchange}/flags`,
  releases: () => '/v1/releases',
  release: (name: string) => `/v1/releases/${name}`,
} as const;
