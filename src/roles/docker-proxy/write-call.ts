// Writes one call onto a connection to the Docker daemon: a head of ours, and a body that was
// judged, or is passed on as it comes.

import type { BulkSocket } from '../../net/bulk-socket.ts';
import type { RawHeaders } from '../../net/http-headers.ts';
import { chunkOf, endOfChunks } from '../../net/http1/write-answer.ts';

export interface DaemonCall {
  readonly method: string;
  /** With version and query. */
  readonly path: string;
  /** Null where the method has none. */
  readonly body: Buffer | null;
  /** What the connection is to become; null when nothing. */
  readonly upgrade: string | null;
  /** Beyond those that every call has; of profile tecnativa alone. */
  readonly headers?: RawHeaders;
}

/** A body that nobody reads: its length, where the client says it, and its pieces. */
export interface OpaqueBody {
  readonly bytes: number | null;
  readonly pieces: AsyncIterable<Buffer>;
}

export function writeCall(
  socket: BulkSocket,
  call: DaemonCall,
  opaque: OpaqueBody | null = null,
): void {
  const { method, path, body, upgrade, headers } = call;
  let head = `${method} ${path} HTTP/1.1\r\nHost: docker\r\n`;
  for (let index = 0; headers !== undefined && index + 1 < headers.length; index += 2) {
    head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  }
  if (upgrade !== null) head += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  if (opaque?.bytes === null) head += 'Transfer-Encoding: chunked\r\n';
  else if (opaque !== null) head += `Content-Length: ${opaque.bytes}\r\n`;
  else if (body !== null) {
    if (body.length > 0 && headers === undefined) head += 'Content-Type: application/json\r\n';
    head += `Content-Length: ${body.length}\r\n`;
  }
  if (body === null || body.length === 0) socket.write(`${head}\r\n`, 'latin1');
  else socket.write(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), body]));
}

export async function writeBody(socket: BulkSocket, { bytes, pieces }: OpaqueBody): Promise<void> {
  for await (const piece of pieces) {
    if (socket.destroyed) return;
    if (piece.length === 0 || socket.write(bytes === null ? chunkOf(piece) : piece)) continue;
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve).once('close', resolve);
    });
  }
  if (bytes === null) socket.write(endOfChunks());
}
