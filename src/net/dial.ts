// Dials the very address that was classified: an IP literal, no name, so no second lookup can
// answer anew.

import { isIP, type Socket } from 'node:net';
import { assert } from '../kit/assert.ts';
import { BulkSocket } from './bulk-socket.ts';

export type Dial = (
  address: string,
  port: number,
  timeoutMs: number,
  signal?: AbortSignal,
) => Promise<Socket>;

export class DialTimeout extends Error {
  override readonly name = 'DialTimeout';
}

/**
 * Resolves to a connected, half-open-capable socket that has not been read from. Rejects with
 * DialTimeout, the signal's reason or the system's error.
 */
export const dialAddress: Dial = (address, port, timeoutMs, signal) => {
  assert(isIP(address) !== 0, 'only an address is dialled, never a name');
  return connected(
    (socket) => socket.connect({ host: address, port }).setNoDelay(true),
    timeoutMs,
    signal,
  );
};

/** The same for a Unix socket: another proxy that a rule leads through. */
export function dialUnixSocket(path: string, timeoutMs: number): Promise<Socket> {
  return connected((socket) => socket.connect({ path }), timeoutMs);
}

function connected(
  connect: (socket: Socket) => void,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const socket = new BulkSocket();
    const timer = setTimeout(
      () => socket.destroy(new DialTimeout('no connection in time')),
      timeoutMs,
    );
    const onAbort = () => socket.destroy(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError).off('connect', onConnect);
    };
    const onConnect = () => {
      settle();
      resolve(socket);
    };
    const onError = (error: Error) => {
      settle();
      socket.on('error', () => {}); // A second one would have nobody to tell.
      reject(error);
    };
    socket.on('error', onError).on('connect', onConnect);
    connect(socket);
  });
}
