// Of the HTTP client the parts that are used here: one connection, and a request over it. The whole
// package brings fetch, caches and web sockets along, which doubles the start and the memory.
// tsconfig.json says where the types of the parts are.

import type { Dispatcher, Client as OneClient } from 'undici';
import { request } from 'undici/lib/api/index.js';
import client from 'undici/lib/dispatcher/client.js';

export type Client = OneClient;
export const Client = client as unknown as typeof OneClient;

/** The package makes this a method of every client where it is loaded as a whole. */
const method = request as unknown as (
  this: Client,
  options: Dispatcher.RequestOptions,
) => Promise<Dispatcher.ResponseData>;

export function ask(
  over: Client,
  options: Dispatcher.RequestOptions,
): Promise<Dispatcher.ResponseData> {
  return method.call(over, options);
}

export function isHeadersTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_HEADERS_TIMEOUT';
}
