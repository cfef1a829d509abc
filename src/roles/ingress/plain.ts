// What the listener without TLS answers: a CA's challenge from a folder that the host fills, and to
// everybody else where the ingress is.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { deny } from '../../net/http-answer.ts';
import { judgePlain, type PlainVerdict } from '../../policy/ingress-plain.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import { beginAsking, denialOf, type IngressContext, tooFast, worldRequest } from './exchange.ts';

export async function handlePlain(
  context: IngressContext,
  challengesDir: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = beginAsking(context, request);
  const verdict: PlainVerdict = asked.admitted
    ? judgePlain(worldRequest(request), context.settings.origin)
    : { ...tooFast, answer: null };
  const { decision, answer } = verdict;
  const text =
    answer !== null && 'token' in answer ? await readChallenge(challengesDir, answer.token) : '';
  if (answer === null || text === null) {
    const no = answer === null ? verdict : notThere;
    deny(response, denialOf(context, asked, no));
    return asked.end(no.decision, { status: no.status });
  }
  const status = 'token' in answer ? 200 : 308;
  response.writeHead(status, {
    ...('token' in answer
      ? { 'content-type': 'application/octet-stream' }
      : { location: answer.location }),
    'content-length': String(text.length),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    [requestIdHeader]: asked.requestId,
    connection: 'close',
  });
  response.end(text);
  asked.end(decision, { status, bytesOut: text.length });
}

const notThere = {
  decision: { verdict: 'deny', reason: 'path-unknown', rule: 'challenge' },
  status: 404,
} as const;

/** A token, a dot and the digest of a key (RFC 8555, 8.1). */
const answerForm = /^([A-Za-z0-9_-]{1,128})\.[A-Za-z0-9_-]{43}$/;

/**
 * Whatever else lies there is not given out: no link is followed, and what is no answer to this
 * very token is none.
 */
async function readChallenge(dir: string, token: string): Promise<string | null> {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  // Not blocking: a pipe of that name would hold one of few threads until somebody writes.
  const file = await open(join(dir, token), O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => null);
  if (file === null) return null;
  await using _closed = file;
  const { bytesRead, buffer } = await file
    .read(Buffer.alloc(256), 0, 256)
    .catch(() => ({ bytesRead: 0, buffer: Buffer.alloc(0) }));
  const text = buffer.toString('latin1', 0, bytesRead);
  return answerForm.exec(text)?.[1] === token ? text : null;
}
