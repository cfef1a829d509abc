// The place to dial, as node:http and node:net call it.

import { connect, type LookupFunction, type Socket } from 'node:net';
import { parseAddress } from '../kit/address.ts';
import { assert } from '../kit/assert.ts';
import { lookupIn } from './network-address.ts';

interface HostToDial {
  readonly host: string;
  readonly port: number;
  readonly lookup?: LookupFunction;
}

/** For node:http. */
export function dialOptions(text: string): { readonly socketPath: string } | HostToDial {
  const address = parseAddress(text);
  assert(address !== null && address.kind !== 'fd', `cannot be dialled: ${text}`);
  if (address.kind === 'unix') return { socketPath: address.path };
  if (address.kind === 'tcp') return { host: address.host, port: address.port };
  const { name, network, port } = address;
  assert(name !== null, `nobody is named in ${text}`);
  return { host: name, port, lookup: lookupIn(network) };
}

/** A socket that connects. */
export function openSocket(text: string, allowHalfOpen = false): Socket {
  const options = dialOptions(text);
  const socket =
    'socketPath' in options
      ? connect({ path: options.socketPath, allowHalfOpen })
      : connect({ ...options, allowHalfOpen });
  return socket.setNoDelay(true);
}
