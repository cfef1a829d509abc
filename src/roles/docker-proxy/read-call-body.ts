// The body of a call: read whole and bounded where it is judged, taken as it comes where nobody
// reads it, refused where the call has none.

import type { RequestHead } from '../../net/http1/request-head.ts';
import type { BodyFault } from '../../net/http1/request-reader.ts';
import { saysNothing } from '../../policy/docker/judge-body.ts';
import type { Call, Refusal } from '../../policy/docker/model.ts';
import { refuse as refusal } from '../../policy/docker/refusal.ts';
import type { Reason } from '../../policy/reasons.ts';
import { type Exchange, watchClient } from './exchange.ts';
import { refusalOf } from './give-refusal.ts';
import type { DockerProxySettings } from './settings.ts';
import type { OpaqueBody } from './write-call.ts';

export interface ReadBody {
  readonly bytes: Buffer;
  /** Of an opaque body; null when there is none or it was read. */
  readonly stream: OpaqueBody | null;
}

/** Clients send `{}` or an empty line where the API has no body. */
const noBodyBytesMax = 1_024;
const nothing = Buffer.alloc(0);

export async function readCallBody(
  exchange: Exchange,
  call: Call,
  head: RequestHead,
  limits: DockerProxySettings['limits'],
): Promise<ReadBody | Refusal> {
  const { client, reader } = exchange;
  const { framing } = head;
  if (framing.kind === 'none') return { bytes: nothing, stream: null };
  const isOpaque = call.body === 'opaque';
  // A small one is taken whole, so that what follows it is seen before anything is asked.
  if (isOpaque && !(framing.kind === 'length' && framing.bytes <= limits.bodyBytesMax)) {
    const known = framing.kind === 'length' ? framing.bytes : null;
    if ((known ?? 0) > limits.opaqueBodyBytesMax) return refusalOf('limit-body');
    if (head.expectsContinue) client.write(goOn);
    exchange.bodyIsOpen = true;
    const pieces = bounded(exchange, head, limits.opaqueBodyBytesMax);
    return { bytes: nothing, stream: { bytes: known, pieces } };
  }
  const isNone = call.body === 'none';
  const bytesMax = isNone ? noBodyBytesMax : limits.bodyBytesMax;
  // Told before it is sent, so that what is too large need not be.
  if (head.expectsContinue && !(framing.kind === 'length' && framing.bytes > bytesMax)) {
    client.write(goOn);
  }
  const read = await reader.body(framing, bytesMax);
  if (read.state !== 'body') return faultOf(read.state, isNone, call);
  if (isNone && !saysNothing(call, read.bytes)) {
    return refusal(call.operation, 'docker-body-refused', { rule: call.rule });
  }
  return { bytes: isNone ? nothing : read.bytes, stream: null };
}

const goOn = 'HTTP/1.1 100 Continue\r\n\r\n';

function faultOf(fault: BodyFault, isNone: boolean, call: Call): Refusal {
  if (isNone && fault === 'too-large') {
    return refusal(call.operation, 'docker-body-refused', { rule: call.rule });
  }
  return refusalOf(faultReasons[fault], fault === 'cut' ? 400 : undefined);
}

/** Throws where it is not whole, so that the daemon's connection ends too. */
async function* bounded(
  exchange: Exchange,
  { framing }: RequestHead,
  bytesMax: number,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  const fail = (reason: Reason): never => {
    exchange.bodyFault = reason;
    throw new Error(reason);
  };
  for await (const piece of exchange.reader.pieces(framing)) {
    if (typeof piece === 'string') fail(faultReasons[piece]);
    else {
      bytes += piece.length;
      if (bytes > bytesMax) fail('limit-body');
      exchange.fields = { ...exchange.fields, bytesIn: bytes };
      yield piece;
    }
  }
  exchange.bodyIsOpen = false;
  watchClient(exchange);
}

const faultReasons = {
  slow: 'head-timeout',
  cut: 'client-gone',
  broken: 'request-malformed',
  'too-large': 'limit-body',
} as const satisfies Record<BodyFault, Reason>;
