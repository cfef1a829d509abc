// Ends a connection so that the last thing said on it arrives.

import type { Socket } from 'node:net';

/**
 * What the client still sends is dropped meanwhile: closing over unread bytes would reset our
 * answer away.
 */
const lingerMs = 1_000;

/** Writes the last bytes, closes, and resolves once the socket is gone. */
export function closeWith(socket: Socket, last: Buffer | string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.end(last);
    socket.on('data', () => {});
    socket.resume();
  });
}
