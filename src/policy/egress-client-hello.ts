// Reads the server name out of the first bytes of a tunnel. What is not plainly one TLS
// ClientHello is refused: a second reading of the same bytes by the far end is what a forged
// hello lives on.

import { canonicalHost, type Host } from './host.ts';
import { type HostPatterns, hostPatterns } from './host-pattern.ts';
import type { Reason } from './reasons.ts';

export type HelloReading =
  | { readonly state: 'more' }
  | ({ readonly state: 'hello'; readonly bytes: number } & Hello)
  | { readonly state: 'refused'; readonly reason: Reason };

export interface Hello {
  readonly serverName: string | null;
  /** Whether it has a second, encrypted hello inside: RFC 9849. */
  readonly isHiding: boolean;
}

/**
 * A hello with post-quantum key shares is about 2 KiB; this leaves room for tickets and long
 * lists.
 */
export const helloBytesMax = 16 * 1024;

/** What a rule says of a hello; the strictest when there is no rule. */
export interface HelloRule {
  /** Other names than the tunnel's host that it may give. */
  readonly serverNames?: readonly string[] | undefined;
  /** Whether it may hide the name it means, so that only the outer one is seen. */
  readonly ech?: 'refuse' | 'allow' | undefined;
}

const refused: HelloReading = { state: 'refused', reason: 'not-tls' };
const contentHandshake = 22;
const recordBytesMax = 2 ** 14;
/** Clients use one record, some two; one byte a record would make reading it cost the square. */
const recordsMax = 16;
const typeClientHello = 1;
const extensionServerName = 0;
/** Encrypted ClientHello and its drafts, and the encrypted server name that was before them. */
const extensionsThatHide = [0xfe0d, 0xfe0c, 0xfe0b, 0xfe0a, 0xfe09, 0xfe08, 0xff02, 0xffce];

/**
 * Reads a ClientHello that may be split over records and has perhaps not all arrived; `bytes` is
 * where its last record ends. RFC 8446 sections 4.1.2 and 5.1; RFC 6066 section 3.
 */
export function readClientHello(bytes: Buffer, rule: HelloRule | null = null): HelloReading {
  const parts: Buffer[] = [];
  let at = 0;
  let length: number | null = null;
  while (true) {
    const record = readRecord(bytes, at);
    if (record === 'refused') return refused;
    if (record === 'more') return bytes.length > helloBytesMax ? refused : { state: 'more' };
    if (parts.push(record) > recordsMax) return refused;
    at += 5 + record.length;
    const message = Buffer.concat(parts);
    if (message[0] !== typeClientHello) return refused;
    if (message.length < 4) continue;
    length ??= message.readUIntBE(1, 3) + 4;
    if (length > helloBytesMax || message.length > length) return refused;
    if (message.length < length) continue;
    const hello = readHello(message.subarray(4));
    if (hello === null) return refused;
    if (hello.isHiding && rule?.ech !== 'allow') return { state: 'refused', reason: 'sni-hidden' };
    return { state: 'hello', bytes: at, ...hello };
  }
}

/**
 * Does the hello name the host that the tunnel was asked for, or one that the rule accepts in its
 * place and nothing denies? An address is never named: RFC 6066 section 3.
 */
export function decideServerName(
  serverName: string | null,
  asked: Host,
  rule: HelloRule | null = null,
  denied: HostPatterns | null = null,
): Reason {
  if (serverName === null) return asked.kind === 'address' ? 'allowed' : 'sni-missing';
  if (asked.kind === 'name' && serverName === asked.text) return 'allowed';
  const named = canonicalHost(serverName);
  if (named?.kind !== 'name') return 'sni-mismatch';
  if (named.text === asked.text) return 'allowed';
  const accepted = hostPatterns(rule?.serverNames ?? []).find(named);
  if (accepted === null) return 'sni-mismatch';
  return (denied?.find(named) ?? null) === null ? 'allowed' : 'host-denied';
}

function readRecord(bytes: Buffer, at: number): Buffer | 'more' | 'refused' {
  const head = bytes.subarray(at, at + 5);
  if (head.length > 0 && head[0] !== contentHandshake) return 'refused';
  if (head.length > 1 && head[1] !== 3) return 'refused';
  if (head.length < 5) return 'more';
  const length = head.readUInt16BE(3);
  if (length === 0 || length > recordBytesMax) return 'refused';
  const body = bytes.subarray(at + 5, at + 5 + length);
  return body.length < length ? 'more' : body;
}

function readHello(body: Buffer): Hello | null {
  const reader = new Reader(body);
  const version = reader.number(2);
  reader.bytes(32);
  const session = reader.vector(1);
  const ciphers = reader.vector(2);
  const compressions = reader.vector(1);
  const extensions = reader.done() ? Buffer.alloc(0) : reader.vector(2);
  const sound =
    !reader.failed &&
    reader.done() &&
    version >= 0x0301 &&
    version <= 0x0303 &&
    session.length <= 32 &&
    ciphers.length >= 2 &&
    ciphers.length % 2 === 0 &&
    compressions.length >= 1;
  return sound ? readExtensions(extensions) : null;
}

function readExtensions(bytes: Buffer): Hello | null {
  const reader = new Reader(bytes);
  const seen = new Set<number>();
  let serverName: string | null = null;
  while (!reader.done()) {
    const type = reader.number(2);
    const body = reader.vector(2);
    if (reader.failed || seen.has(type)) return null;
    seen.add(type);
    if (type !== extensionServerName) continue;
    serverName = readServerName(body);
    if (serverName === null) return null;
  }
  return { serverName, isHiding: extensionsThatHide.some((type) => seen.has(type)) };
}

/**
 * Exactly one name, of type host_name: RFC 6066 allows no two of a type and knows no other type.
 */
function readServerName(bytes: Buffer): string | null {
  const outer = new Reader(bytes);
  const inner = new Reader(outer.vector(2));
  const type = inner.number(1);
  const name = inner.vector(2);
  if (outer.failed || inner.failed || !outer.done() || !inner.done()) return null;
  return type === 0 && name.length > 0 && name.length <= 255 ? name.toString('latin1') : null;
}

/** Reads fields in order; past the end it gives empty values and says so in `failed`. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  failed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  bytes(length: number): Buffer {
    if (this.failed || this.#at + length > this.#bytes.length) {
      this.failed = true;
      this.#at = this.#bytes.length;
      return Buffer.alloc(0);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  number(size: 1 | 2): number {
    const field = this.bytes(size);
    return field.length === size ? field.readUIntBE(0, size) : 0;
  }

  vector(lengthSize: 1 | 2): Buffer {
    return this.bytes(this.number(lengthSize));
  }
}
