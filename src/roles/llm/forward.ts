// Sends a provider's answer on to the client as it comes: status, the headers it may see, and the
// body, no faster than the client reads.

import { once } from 'node:events';
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Reason } from '../../policy/reasons.ts';
import type { Watch } from './watch.ts';

/**
 * What of a provider's headers is the client's business; account names, cookies and the like are
 * not.
 */
const passedOn = new Set([
  ...['content-type', 'content-encoding', 'retry-after', 'retry-after-ms', 'x-should-retry'],
  ...['request-id', 'openai-processing-ms', 'openai-version', 'openai-model'],
]);
const passedOnPrefixes = ['anthropic-ratelimit-', 'x-ratelimit-'];

export function answerHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    const isKept = passedOn.has(name) || passedOnPrefixes.some((prefix) => name.startsWith(prefix));
    if (isKept && value !== undefined) kept[name] = value;
  }
  return kept;
}

export interface Sent {
  /** `allowed` when the whole answer went through. */
  readonly reason: Extract<
    Reason,
    'allowed' | 'client-gone' | 'answer-broken' | 'provider-timeout'
  >;
  readonly bytes: number;
  /**
   * False where the client must be able to see that something is missing: its connection is cut.
   */
  readonly ended: boolean;
}

/**
 * Does not end the response: the money is settled first, so that the client's next call finds it
 * settled.
 */
export async function sendBody(
  body: Readable,
  response: ServerResponse,
  watch: Watch,
  idleTimeoutMs: number,
): Promise<Sent> {
  let bytes = 0;
  const write = async (parts: readonly Buffer[]) => {
    for (const part of parts) {
      bytes += part.length;
      if (!response.write(part)) await drained(response, idleTimeoutMs);
    }
  };
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) await write(watch.push(chunk));
    await write(watch.end());
    return { reason: watch.whole ? 'allowed' : 'answer-broken', bytes, ended: true };
  } catch (error) {
    if (response.destroyed || error instanceof ClientStalled) {
      return { reason: 'client-gone', bytes, ended: false };
    }
    const isTimeout = error instanceof Error && error.name === 'BodyTimeoutError';
    return { reason: isTimeout ? 'provider-timeout' : 'answer-broken', bytes, ended: false };
  } finally {
    body.destroy();
  }
}

class ClientStalled extends Error {}

/** A client that stops reading must not hold a provider's connection for ever. */
async function drained(response: ServerResponse, timeoutMs: number): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  const closed = new AbortController();
  const stop = AbortSignal.any([signal, closed.signal]);
  const onClose = () => closed.abort();
  response.once('close', onClose);
  try {
    if (response.destroyed) throw new ClientStalled();
    await once(response, 'drain', { signal: stop });
  } catch {
    throw new ClientStalled();
  } finally {
    response.off('close', onClose);
  }
}
