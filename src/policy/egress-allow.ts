// The user's own exceptions to "public addresses only": `10.0.0.5`, `10.0.0.0/8:8443`,
// `[fd00::/8]:443`.

import { type AddressBlock, blockHolds, parseBlock } from './address-class.ts';

export interface AllowedBlock {
  readonly text: string;
  readonly block: AddressBlock;
  /** Null: on every port. */
  readonly port: number | null;
}

/**
 * Null when the text is no address or CIDR block with an optional port. IPv6 with a port is in
 * brackets.
 */
export function parseAllowedBlock(text: string): AllowedBlock | null {
  const match =
    /^\[([^\]]+)\](?::([0-9]{1,5}))?$/.exec(text) ?? /^([^:[\]]+)(?::([0-9]{1,5}))?$/.exec(text);
  const range = match?.[1] ?? text;
  const block = parseBlock(range);
  if (block === null || (text.startsWith('[') && block.bytes.length === 4)) return null;
  if (match?.[2] === undefined) return { text, block, port: null };
  const port = Number(match[2]);
  return port >= 1 && port <= 65_535 && String(port) === match[2] ? { text, block, port } : null;
}

/** Wider than any private range, so it would open the internet's reserved space at large. */
const prefixBitsMin = { 4: 8, 16: 7 } as const;

/** What is wrong with one entry of unsafeAllowAddresses, or null. */
export function allowedAddressError(text: string): string | null {
  const parsed = parseAllowedBlock(text);
  if (parsed === null) {
    return `\`${text}\` is not an address or a range like 10.0.0.0/8, each with an optional :port`;
  }
  const least = parsed.block.bytes.length === 4 ? prefixBitsMin[4] : prefixBitsMin[16];
  if (parsed.block.prefixBits < least) return `\`${text}\` is too wide: /${least} at the widest`;
  return null;
}

/** The entry that allows this address on this port. */
export function allowedBy(
  allowed: readonly AllowedBlock[],
  address: string,
  port: number,
): AllowedBlock | null {
  const found = allowed.find(
    (one) => (one.port === null || one.port === port) && blockHolds(one.block, address),
  );
  return found ?? null;
}
