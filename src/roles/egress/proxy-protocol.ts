// Reads the PROXY protocol header that a load balancer in front puts before the first byte, in its
// version 1 or 2: where the client really comes from. It is read only where the settings ask for
// it, for whoever can reach such a listener can claim any address.
// https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt

import { isIPv4, isIPv6 } from 'node:net';

export type ProxyHeaderReading =
  | { readonly state: 'more' }
  | { readonly state: 'malformed' }
  /** `client` is null when the sender speaks for itself: a health check. */
  | { readonly state: 'header'; readonly client: string | null; readonly bytes: number };

const more: ProxyHeaderReading = { state: 'more' };
const malformed: ProxyHeaderReading = { state: 'malformed' };
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const start1 = Buffer.from('PROXY ', 'latin1');
/** Section 2.1: 107 characters with the line's end. */
const line1BytesMax = 107;
/** Addresses and extensions; real ones are below 300. */
const body2BytesMax = 2_048;

export function readProxyHeader(bytes: Buffer): ProxyHeaderReading {
  const isOf = (start: Buffer) => {
    const length = Math.min(start.length, bytes.length);
    return bytes.subarray(0, length).equals(start.subarray(0, length));
  };
  if (isOf(start1)) return readVersion1(bytes);
  return isOf(signature) ? readVersion2(bytes) : malformed;
}

function readVersion1(bytes: Buffer): ProxyHeaderReading {
  const end = bytes.subarray(0, line1BytesMax).indexOf('\r\n');
  if (end === -1) return bytes.length < line1BytesMax ? more : malformed;
  const line = bytes.toString('latin1', 0, end);
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { state: 'header', client: null, bytes: end + 2 };
  const [, family, source = '', target = '', ...ports] =
    /^PROXY TCP([46]) (\S+) (\S+) ([0-9]{1,5}) ([0-9]{1,5})$/.exec(line) ?? [];
  const isAddress = family === '4' ? isIPv4 : isIPv6;
  const sound =
    family !== undefined &&
    [source, target].every(isAddress) &&
    ports.every((port) => String(Number(port)) === port && Number(port) <= 65_535);
  return sound ? { state: 'header', client: source, bytes: end + 2 } : malformed;
}

function readVersion2(bytes: Buffer): ProxyHeaderReading {
  if (bytes.length < 16) return more;
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13) >> 4;
  const length = bytes.readUInt16BE(14);
  if ((command !== 0x20 && command !== 0x21) || length > body2BytesMax) return malformed;
  if (bytes.length < 16 + length) return more;
  const read = (client: string | null) =>
    ({ state: 'header', client, bytes: 16 + length }) as const;
  // LOCAL, and families without an address of the network.
  if (command === 0x20 || family === 0 || family === 3) return read(null);
  const body = bytes.subarray(16, 16 + length);
  if (family === 1 && length >= 12) return read([...body.subarray(0, 4)].join('.'));
  if (family !== 2 || length < 36) return malformed;
  const words = Array.from({ length: 8 }, (_, i) => body.readUInt16BE(2 * i).toString(16));
  return read(words.join(':'));
}
