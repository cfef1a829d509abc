// How requests to a Docker API proxy are written for the tables beside this.

import type { WireAttack } from '../model.ts';
import type { CallAttack } from './call-attack.ts';

/** `headers`: names and values in turn. */
export function requestText(
  method: string,
  target: string,
  body?: string,
  headers: readonly string[] = [],
): string {
  let head = `${method} ${target} HTTP/1.1\r\nHost: docker\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  }
  if (body !== undefined) head += `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  if (!headers.includes('Connection')) head += 'Connection: close\r\n';
  // As bytes: what is not ASCII goes over the wire as UTF-8.
  return Buffer.from(`${head}\r\n${body ?? ''}`).toString('latin1');
}

/** A call of the tables; one that frames itself is left as it is. */
export function callText({ method, target, rawHeaders = [] }: CallAttack): string {
  const isFramed = rawHeaders.some((text) => /^(content-length|transfer-)/i.test(text));
  const body = method === 'POST' && !isFramed ? '' : undefined;
  return requestText(method, target, body, rawHeaders);
}

/** What is answered to it over a wire. */
export function toldOnWire({ status, reason, isNoHttp }: CallAttack): Told {
  return isNoHttp === true ? { status: 400, reason: 'request-malformed' } : { status, reason };
}

type Told = Pick<WireAttack, 'status' | 'reason'>;
