// The headers a provider gets: an allow list of the client's, and the provider's key. The client's
// own credentials, cookies and addresses stay here.

import type { IncomingMessage } from 'node:http';
import type { Dialect } from '../../policy/llm-request.ts';

const forwarded: Readonly<Record<Dialect, readonly string[]>> = {
  anthropic: ['accept', 'anthropic-version', 'anthropic-beta'],
  openai: ['accept', 'openai-beta'],
};

/** `providerKey` is empty for a provider that takes none. */
export function providerHeaders(
  dialect: Dialect,
  request: IncomingMessage,
  providerKey: string,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    // An answer that is compressed cannot be counted.
    'accept-encoding': 'identity',
    'user-agent': 'clincher',
  };
  for (const name of forwarded[dialect]) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  if (providerKey === '') return headers;
  if (dialect === 'anthropic') headers['x-api-key'] = providerKey;
  else headers.authorization = `Bearer ${providerKey}`;
  return headers;
}
