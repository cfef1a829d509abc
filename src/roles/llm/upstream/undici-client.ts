// Of the HTTP client the one part that is used here: a connection, and the raw way to ask over it.
// The whole package brings fetch, caches and web sockets along, which doubles the start and the
// memory; and the part its HTTP/2, which no connection here is allowed. tsconfig.json says where
// the types of the part are.

import { registerHooks } from 'node:module';
import type { Dispatcher, Client as OneClient } from 'undici';

const hooks = registerHooks({
  load: (url, context, next) =>
    url.endsWith('/undici/lib/dispatcher/client-h2.js')
      ? { format: 'commonjs', source: '', shortCircuit: true }
      : next(url, context),
});
const { default: client } = await import('undici/lib/dispatcher/client.js');
hooks.deregister();

export type Client = OneClient;
export type AskHandler = Dispatcher.DispatchHandler;
export type AskController = Dispatcher.DispatchController;
export const Client = client as unknown as typeof OneClient;

export function isHeadersTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_HEADERS_TIMEOUT';
}
