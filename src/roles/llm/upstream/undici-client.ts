// Of the HTTP client the one part that is used here: a connection, and the raw way to ask over it.
// The whole package brings fetch, caches and web sockets along, which doubles the start and the
// memory; and the part its HTTP/2, which no connection here is allowed. tsconfig.json says where
// the types of the part are.

import type { Dispatcher, Client as OneClient } from 'undici';
import { importWithout } from '../../../kit/import-without.ts';

const http2 = /\/undici\/lib\/dispatcher\/client-h2\.js$/;

const { default: client } = await importWithout(
  http2,
  'commonjs',
  () => import('undici/lib/dispatcher/client.js'),
);

export type Client = OneClient;
export type AskHandler = Dispatcher.DispatchHandler;
export type AskController = Dispatcher.DispatchController;
export const Client = client as unknown as typeof OneClient;

export function isHeadersTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_HEADERS_TIMEOUT';
}
