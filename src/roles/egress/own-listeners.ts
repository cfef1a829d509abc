// Where the proxy itself can be reached, so that no tunnel leads back into it: a caller could
// otherwise speak to its admin socket, or nest tunnels until the limits are gone.

import type { Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { parseAddress } from '../../kit/address.ts';
import { parseBlock } from '../../policy/address-class.ts';
import type { OwnListener } from '../../policy/egress.ts';

/** For a listener by its text in settings; a Unix socket cannot be dialled by address. */
export function ownFromText(text: string): OwnListener[] {
  const address = parseAddress(text);
  if (address?.kind === 'network') return ownAt(address.network, address.port);
  return address?.kind === 'tcp' ? ownAt(address.host, address.port) : [];
}

/** For a server that listens: the kernel chose its port, or it came as a descriptor. */
export function ownFromServer(server: Server): OwnListener[] {
  const bound = server.address();
  return bound === null || typeof bound === 'string' ? [] : ownAt(bound.address, bound.port);
}

function ownAt(host: string, port: number): OwnListener[] {
  const everywhere = host === '0.0.0.0' || host === '::';
  const hosts = everywhere ? ['127.0.0.0/8', '::1', ...interfaceAddresses()] : [host];
  return hosts.flatMap((one) => {
    const block = parseBlock(one);
    return block === null ? [] : [{ block, port }];
  });
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(
    (list) => list?.map((one) => one.address) ?? [],
  );
}
