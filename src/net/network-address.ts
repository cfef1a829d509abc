// Addresses that nobody knows before a service runs: its own in the network of an edge, and that of
// the other end, by name. Nothing outside that network is listened at or dialled, whatever the
// resolver says.

import { Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isInNetwork } from '../kit/address.ts';

/** Of one question to the resolver of a container, which is on the same machine. */
const resolverTimeoutMs = 1_000;

/** @throws Error with code EADDRNOTAVAIL, as the system does for an address that is not there */
export function ownAddressIn(network: string, interfaces = networkInterfaces()): string {
  const all = Object.values(interfaces).flatMap((list) => list ?? []);
  const own = all.find(({ family, address }) => family === 'IPv4' && isInNetwork(network, address));
  if (own !== undefined) return own.address;
  throw systemError('EADDRNOTAVAIL', 'listen', `no address of this machine is in ${network}`);
}

/** For node:net: what a name has in the network; ENOTFOUND where it has nothing there. */
export function lookupIn(network: string, resolve = resolveHere): LookupFunction {
  return (name, options, callback) => {
    resolve(name).then(
      (found) => {
        const inside = found.filter((address) => isInNetwork(network, address));
        const [first] = inside;
        if (first === undefined) {
          const message = `${name} has no address in ${network}`;
          return callback(systemError('ENOTFOUND', 'lookup', message), '');
        }
        if (options.all !== true) return callback(null, first, 4);
        callback(
          null,
          inside.map((address) => ({ address, family: 4 })),
        );
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

function resolveHere(name: string): Promise<readonly string[]> {
  return new Resolver({ timeout: resolverTimeoutMs, tries: 2 }).resolve4(name);
}

function systemError(code: string, syscall: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code, syscall });
}
