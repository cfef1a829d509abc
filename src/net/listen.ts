// Opens a server on any kind of address, and closes it with its connections.

import { chmod, unlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { type Address, parseAddress } from '../kit/address.ts';
import { assert } from '../kit/assert.ts';
import { ownAddressIn } from './network-address.ts';

/**
 * How many connections wait in the system until they are accepted, at most; Linux itself allows no
 * more unless it is told. With Node's own 511, who connects to the socket file of a busy role is
 * refused (EAGAIN), and over TCP the system forgets connections and resets some of them.
 */
const waitingMax = 4_096;

/**
 * Resolves once the server listens. A stale Unix socket file is replaced: a role's socket folder is
 * its own. Rejects with the system's error (EADDRINUSE, EACCES) otherwise.
 */
export async function listen(server: Server, text: string): Promise<void> {
  const address = parseAddress(text);
  assert(address !== null, `not an address: ${text}`);
  const isOthers = address.kind === 'network' && address.name !== null;
  assert(!isOthers, `the address of another: ${text}`);
  if (address.kind === 'unix') await unlink(address.path).catch(ignoreMissing);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const done = () => {
      server.off('error', reject);
      resolve();
    };
    // As its own argument: for an inherited socket Node reads it nowhere else.
    server.listen(placeOf(address), waitingMax, done);
  });
  if (address.kind === 'unix') await chmod(address.path, 0o600);
}

function placeOf(address: Address): object {
  if (address.kind === 'unix') return { path: address.path };
  if (address.kind === 'fd') return { fd: address.fd };
  const host = address.kind === 'tcp' ? address.host : ownAddressIn(address.network);
  return { host, port: address.port };
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
