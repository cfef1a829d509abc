// Opens a server on any kind of address, and closes it with its connections.

import { chmod, unlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { parseAddress } from '../kit/address.ts';
import { assert } from '../kit/assert.ts';
import { ownAddressIn } from './network-address.ts';

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
    if (address.kind === 'unix') server.listen(address.path, done);
    else if (address.kind === 'fd') server.listen({ fd: address.fd }, done);
    else if (address.kind === 'tcp')
      server.listen({ host: address.host, port: address.port }, done);
    else server.listen({ host: ownAddressIn(address.network), port: address.port }, done);
  });
  if (address.kind === 'unix') await chmod(address.path, 0o600);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
