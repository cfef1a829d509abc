// Writes answers onto a client's connection.

import type { Socket } from 'node:net';
import type { RawHeaders } from '../http-headers.ts';
import { STATUS_CODES } from '../node-http.ts';

/** The head with its empty line; header values are ours or were read strictly. */
export function headText(status: number, headers: RawHeaders, statusText?: string): string {
  let text = `HTTP/1.1 ${status} ${statusText ?? STATUS_CODES[status] ?? ''}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  }
  return `${text}\r\n`;
}

/** A whole answer in one piece; `body` is null where the length is that of a HEAD's answer. */
export function writeWhole(socket: Socket, head: string, body: Buffer | string | null): void {
  if (body === null || body.length === 0) {
    socket.write(head, 'latin1');
    return;
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  socket.write(Buffer.concat([Buffer.from(head, 'latin1'), bytes]));
}

const lastChunk = Buffer.from('0\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

/** A copy, framed: what it is made of may be lent. */
export function chunkOf(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'), bytes, lineEnd]);
}

export function endOfChunks(): Buffer {
  return lastChunk;
}
