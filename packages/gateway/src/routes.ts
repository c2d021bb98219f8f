// SPDX-License-Identifier: Apache-2.0

/** `pattern` is for logs: it holds nothing that the client chose. */
export type Route =
  | { readonly kind: 'list-models'; readonly method: 'GET'; readonly pattern: string }
  | { readonly kind: 'get-model'; readonly method: 'GET'; readonly pattern: string; readonly model: string }
  | { readonly kind: 'chat-completion'; readonly method: 'POST'; readonly pattern: string }
  | { readonly kind: 'completion'; readonly method: 'POST'; readonly pattern: string }
  | { readonly kind: 'unknown'; readonly pattern: string; readonly path: string };

/** Exact routes only. Undefined: not under `/v1`, somebody else's. */
export function matchRoute(url: string): Route | undefined {
  const path = url.split('?')[0] ?? '';
  if (path !== '/v1' && !path.startsWith('/v1/')) return undefined;
  if (path === '/v1/models') return { kind: 'list-models', method: 'GET', pattern: path };
  if (path === '/v1/chat/completions') return { kind: 'chat-completion', method: 'POST', pattern: path };
  if (path === '/v1/completions') return { kind: 'completion', method: 'POST', pattern: path };
  const model = path.startsWith('/v1/models/') ? decode(path.slice('/v1/models/'.length)) : undefined;
  if (model !== undefined && model !== '') {
    return { kind: 'get-model', method: 'GET', pattern: '/v1/models/{id}', model };
  }
  return { kind: 'unknown', pattern: '/v1/*', path: path.slice(0, 200) };
}

/** Model ids may hold `/`, sent as it is or as %2F. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
