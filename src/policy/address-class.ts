// Which class an address is in. An IPv6 form that embeds an IPv4 address is told with the class
// of what it embeds: node:net's BlockList knows the mapped form only, and NAT64 or 6to4 would
// walk past it.

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { assert } from '../kit/assert.ts';
import { type AddressClass, type AddressRange, addressRanges } from './address-ranges.ts';

export interface Classified {
  /** Canonical text: what is dialled, so that it is what was classified. */
  readonly address: string;
  readonly class: AddressClass;
  readonly source: string;
  /** For an `embeds-ipv4` address: what it would lead to. */
  readonly embedded: Classified | null;
}

export interface AddressBlock {
  readonly bytes: readonly number[];
  readonly prefixBits: number;
}

interface CompiledRange extends AddressBlock {
  readonly range: AddressRange;
}

/**
 * The class of an address as a resolver or a user wrote it; null for what is no address or has a
 * zone id.
 */
export function classifyAddress(text: string): Classified | null {
  const bytes = addressBytes(text);
  return bytes === null ? null : classify(bytes);
}

function classify(bytes: readonly number[]): Classified {
  const address = formatBytes(bytes);
  if (isIsatap(bytes)) {
    const embedded = classify(bytes.slice(12));
    return { address, class: 'embeds-ipv4', source: 'RFC 5214 section 6.1', embedded };
  }
  const found = compiled.find((one) => inBlock(bytes, one));
  if (found === undefined) return { address, class: 'reserved', source: 'no row', embedded: null };
  const { range } = found;
  const embedded = range.embedsAt === undefined ? null : classify(embeddedBytes(bytes, range));
  return { address, class: range.class, source: range.source, embedded };
}

/**
 * Any prefix can hold one: the interface identifier 00-00-5E-FE (or 02-...) is followed by the
 * IPv4 address.
 */
function isIsatap(bytes: readonly number[]): boolean {
  const [a, b, c, d] = bytes.slice(8, 12);
  return bytes.length === 16 && (a === 0 || a === 2) && b === 0 && c === 0x5e && d === 0xfe;
}

function embeddedBytes(bytes: readonly number[], range: AddressRange): readonly number[] {
  const at = range.embedsAt ?? 12;
  const inner = bytes.slice(at, at + 4);
  return range.inverted === true ? inner.map((byte) => byte ^ 0xff) : inner;
}

/**
 * Canonical text (dotted decimal; RFC 5952), or null. A zone id names a link of this host:
 * refused.
 */
export function canonicalAddress(text: string): string | null {
  const bytes = addressBytes(text);
  return bytes === null ? null : formatBytes(bytes);
}

/**
 * `10.0.0.0/8`, `fd00::/8` or one address; null for anything else and for a block with bits
 * beyond its prefix, which would cover more than it seems to say.
 */
export function parseBlock(text: string): AddressBlock | null {
  const match = /^([^/]+)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text);
  const bytes = match?.[1] === undefined ? null : addressBytes(match[1]);
  if (bytes === null) return null;
  const bits = bytes.length * 8;
  const prefixBits = match?.[2] === undefined ? bits : Number(match[2]);
  if (prefixBits > bits) return null;
  const beyond = bytes.some((byte, i) => (byte & ~maskByte(prefixBits, i) & 0xff) !== 0);
  return beyond ? null : { bytes, prefixBits };
}

export function blockHolds(block: AddressBlock, address: string): boolean {
  const bytes = addressBytes(address);
  return bytes !== null && inBlock(bytes, block);
}

function inBlock(bytes: readonly number[], block: AddressBlock): boolean {
  if (bytes.length !== block.bytes.length) return false;
  return block.bytes.every((byte, i) => ((bytes[i] ?? 0) & maskByte(block.prefixBits, i)) === byte);
}

function maskByte(prefixBits: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefixBits - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}

// node:net decides what an address is; ipaddr.js alone would also read `0x7f.1` and `010.0.0.1`.
function addressBytes(text: string): readonly number[] | null {
  const family = isIP(text);
  // Four decimal numbers without leading zeros are all that it calls IPv4.
  if (family === 4) return text.split('.').map(Number);
  if (family === 0 || text.includes('%')) return null;
  return ipaddr.parse(text).toByteArray();
}

function formatBytes(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  return ipaddr.fromByteArray([...bytes]).toString();
}

const compiled: readonly CompiledRange[] = addressRanges
  .map((range) => {
    const block = parseBlock(range.cidr);
    assert(block !== null, `not a range: ${range.cidr}`);
    return { ...block, range };
  })
  .sort((a, b) => b.prefixBits - a.prefixBits);
