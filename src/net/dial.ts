// Dials the very address that was classified: an IP literal, no name, so no second lookup can
// answer anew.

import { connect, isIP, type Socket } from 'node:net';
import { assert } from '../kit/assert.ts';

export type Dial = (address: string, port: number, timeoutMs: number) => Promise<Socket>;

export class DialTimeout extends Error {
  override readonly name = 'DialTimeout';
}

/**
 * Resolves to a connected, half-open-capable socket. Rejects with DialTimeout or the system's
 * error.
 */
export const dialAddress: Dial = (address, port, timeoutMs) => {
  assert(isIP(address) !== 0, 'only an address is dialled, never a name');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    const timer = setTimeout(
      () => socket.destroy(new DialTimeout('no connection in time')),
      timeoutMs,
    );
    const onError = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', onError).once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      resolve(socket);
    });
  });
};
