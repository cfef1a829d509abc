// Sends a provider's answer on to the client as it comes: status, the headers it may see, and the
// body, no faster than the client reads.

import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Reason } from '../../policy/reasons.ts';
import { type AnswerBody, GivenUp } from './upstream/answer-body.ts';
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
  /**
   * The client left and the provider was told, while all that it had sent was being read: then what
   * it made and what was seen differ by what was under way. A client that had stopped reading may
   * have left much more of it unread.
   */
  readonly stopped: boolean;
}

/**
 * `lingers`: what comes after the client has left is read all the same, to be counted.
 *
 * Does not end the response: the money is settled first, so that the client's next call finds it
 * settled.
 */
export function sendBody(
  body: AnswerBody,
  response: ServerResponse,
  watch: Watch,
  idleTimeoutMs: number,
  lingers: boolean,
): Promise<Sent> {
  return new Promise((resolve) => {
    let bytes = 0;
    let stalled: NodeJS.Timeout | null = null;
    let afterDrain = () => {};
    const settle = (reason: Sent['reason'], ended: boolean, stopped = false) => {
      if (stalled !== null) clearTimeout(stalled);
      response.off('drain', onDrain).off('close', onClose);
      body.destroy();
      resolve({ reason, bytes, ended, stopped });
    };
    const onDrain = () => {
      if (stalled !== null) clearTimeout(stalled);
      stalled = null;
      afterDrain();
    };
    const onClose = () => {
      if (lingers) onDrain();
      // What it had not read yet nobody has counted.
      else if (stalled !== null) settle('client-gone', false);
    };
    /** `next` is called at once, or when the client has read what it got. */
    const send = (parts: readonly Buffer[], next: () => void) => {
      // Who has left takes nothing more: what comes is read to be counted, until the call is ended.
      if (response.destroyed) return next();
      let isRoom = true;
      for (const part of parts) {
        bytes += part.length;
        isRoom = response.write(part);
      }
      if (isRoom) return next();
      body.pause();
      // What is held together for one write is too much for it.
      while (response.writableCorked > 0) response.uncork();
      afterDrain = next;
      // A client that stops reading must not hold a provider's connection for ever.
      stalled ??= setTimeout(() => {
        if (lingers) response.destroy();
        else settle('client-gone', false);
      }, idleTimeoutMs);
    };
    const guarded = (work: () => void) => {
      try {
        work();
      } catch {
        settle(response.destroyed ? 'client-gone' : 'answer-broken', false);
      }
    };
    response.on('drain', onDrain);
    response.once('close', onClose);
    body.read({
      data: (chunk) => guarded(() => send(watch.push(chunk), () => body.resume())),
      end: () =>
        guarded(() =>
          send(watch.end(), () => {
            if (response.destroyed) settle('client-gone', false);
            else settle(watch.whole ? 'allowed' : 'answer-broken', true);
          }),
        ),
      fail: (error) => {
        const isTimeout = error.name === 'BodyTimeoutError';
        const reason = isTimeout ? 'provider-timeout' : 'answer-broken';
        const isGone = response.destroyed;
        settle(isGone ? 'client-gone' : reason, false, isGone && error instanceof GivenUp);
      },
    });
  });
}
