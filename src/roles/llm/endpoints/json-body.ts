// The JSON body of a request to one of the proxy's own endpoints, or its refusal.

import type { Exchange } from './endpoint.ts';

const bodyBytesMax = 1024 * 1024;

/** `value` is null where there was no body. Undefined: it was refused, and the client knows. */
export async function readJson({
  house,
  ticket,
  request,
}: Exchange): Promise<{ readonly value: unknown } | undefined> {
  const read = await house.bodies.read(request);
  if ('refused' in read) {
    const message = 'The body is too large, or there is no room for it now.';
    ticket.refuse({ reason: 'limit-body', message });
    return undefined;
  }
  try {
    const value = parse(read.body);
    if (value !== undefined) return { value };
    const message = 'The body must be JSON of a megabyte at most.';
    ticket.refuse({ reason: 'request-malformed', message });
    return undefined;
  } finally {
    read.release();
  }
}

function parse(body: Buffer): unknown {
  if (body.length > bodyBytesMax) return undefined;
  if (body.length === 0) return null;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
