// The body of a call: read whole and bounded where it is judged, taken as it comes where nobody
// reads it, refused where the call has none.

import type { RequestHead } from '../../net/http1/request-head.ts';
import type { BodyFault } from '../../net/http1/request-reader.ts';
import type { Call, Refusal } from '../../policy/docker/model.ts';
import { refuse as refusal } from '../../policy/docker/refusal.ts';
import type { Exchange } from './exchange.ts';
import { refusalOf } from './give-refusal.ts';
import type { DockerProxySettings } from './settings.ts';

export interface ReadBody {
  readonly bytes: Buffer;
  /** Of an opaque body; null when there is none or it was read. */
  readonly stream: AsyncIterable<Buffer> | null;
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
  if (call.body === 'opaque') {
    if (head.expectsContinue) client.write(goOn);
    return { bytes: nothing, stream: bounded(exchange, head, limits.opaqueBodyBytesMax) };
  }
  const isNone = call.body === 'none';
  const bytesMax = isNone ? noBodyBytesMax : limits.bodyBytesMax;
  // Told before it is sent, so that what is too large need not be.
  if (head.expectsContinue && !(framing.kind === 'length' && framing.bytes > bytesMax)) {
    client.write(goOn);
  }
  const read = await reader.body(framing, bytesMax);
  if (read.state !== 'body') return faultOf(read.state, isNone, call);
  if (isNone && !/^\s*(?:\{\s*\}\s*)?$/.test(read.bytes.toString('latin1'))) {
    return refusal(call.operation, 'docker-body-refused', { rule: call.rule });
  }
  return { bytes: isNone ? nothing : read.bytes, stream: null };
}

const goOn = 'HTTP/1.1 100 Continue\r\n\r\n';

function faultOf(fault: BodyFault, isNone: boolean, call: Call): Refusal {
  if (fault === 'slow') return refusalOf('head-timeout');
  if (fault === 'cut') return refusalOf('client-gone', 400);
  if (fault === 'broken') return refusalOf('request-malformed');
  if (isNone) return refusal(call.operation, 'docker-body-refused', { rule: call.rule });
  return refusalOf('limit-body');
}

/** Throws where it is not whole, so that the daemon's connection ends too. */
async function* bounded(
  { reader }: Exchange,
  { framing }: RequestHead,
  bytesMax: number,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of reader.pieces(framing)) {
    if (typeof piece === 'string') throw new Error(`the body is ${piece}`);
    bytes += piece.length;
    if (bytes > bytesMax) throw new Error('the body is too large');
    yield piece;
  }
}
