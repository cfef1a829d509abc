// A server may answer a ClientHello by asking for another (HelloRetryRequest), and nobody but its
// reader says that the other names the same server. Both questions, of bytes alone: does a server
// ask for a second hello, and is what the client then sends the hello it may be.

import { type Hello, type HelloRule, readClientHello } from './egress-client-hello.ts';
import type { Reason } from './reasons.ts';

/** `again`: it asks for a second hello. `other`: it does not, or it is no TLS server. */
export type ServerAnswer = 'more' | 'again' | 'other';

/** SHA-256 of "HelloRetryRequest", in the place of a random: RFC 8446 section 4.1.3. */
const retryRandom = Buffer.from(
  'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c',
  'hex',
);
const contentChangeCipher = 20;
const contentAlert = 21;
const contentHandshake = 22;
const contentApplicationData = 23;
/** Of an encrypted record with its head: RFC 8446 section 5.2. */
const recordBytesMax = 5 + 2 ** 14 + 256;
const typeServerHello = 2;
/** Where the random begins and ends, behind the message's type, length and version. */
const randomAt = 6;
const randomEnd = randomAt + 32;
/** A change of cipher is one byte, an alert two. */
const smallRecordBytesMax = 64;

/** Reads the first bytes of a server, however they are cut. RFC 8446 sections 4.1.4 and 5.1. */
export function readServerAnswer(bytes: Buffer): ServerAnswer {
  let message = Buffer.alloc(0);
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at];
    if (at + 5 > bytes.length) return isTls(type) ? 'more' : 'other';
    const length = bytes.readUInt16BE(at + 3);
    const body = bytes.subarray(at + 5, at + 5 + length);
    at += 5 + length;
    if (type === contentHandshake) {
      message = Buffer.concat([message, body.subarray(0, randomEnd)]);
      if (message.length > 0 && message[0] !== typeServerHello) return 'other';
      if (message.length < randomEnd) continue;
      return message.subarray(randomAt, randomEnd).equals(retryRandom) ? 'again' : 'other';
    }
    // Warnings come before a hello, and none of these two ends the wait for it.
    if (type !== contentAlert && type !== contentChangeCipher) return 'other';
    if (length > smallRecordBytesMax) return 'other';
  }
  return 'more';
}

function isTls(type: number | undefined): boolean {
  return type === contentHandshake || type === contentAlert || type === contentChangeCipher;
}

/** How many bytes at the beginning are whole records in which no hello can be. */
export function bytesWithoutHello(bytes: Buffer): number {
  let at = 0;
  while (at + 5 <= bytes.length && hasNoHello(bytes[at])) {
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    if (end > bytes.length) break;
    at = end;
  }
  return at;
}

function hasNoHello(type: number | undefined): boolean {
  return type === contentChangeCipher || type === contentAlert || type === contentApplicationData;
}

/**
 * The second hello must name what the first named, hide nothing if the first hid nothing, and be
 * read as strictly. RFC 8446 section 4.1.2 lets it change other things only.
 */
export function judgeSecondHello(
  bytes: Buffer,
  first: Hello,
  rule: HelloRule | null,
): 'more' | Reason {
  if (bytes.length === 0) return 'more';
  if (hasNoHello(bytes[0])) return bytes.length > recordBytesMax ? 'not-tls' : 'more';
  const reading = readClientHello(bytes, { ...rule, ech: first.isHiding ? 'allow' : 'refuse' });
  if (reading.state === 'more') return 'more';
  if (reading.state === 'refused') return reading.reason;
  if (reading.serverName === first.serverName) return 'allowed';
  return reading.serverName === null ? 'sni-missing' : 'sni-mismatch';
}
