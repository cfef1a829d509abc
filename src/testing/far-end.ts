// A plain far end on loopback that does what a test says with each connection, and a client that
// gets a tunnel to it as far as its hello.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connectThrough } from '../net/connect-client.ts';
import { clientHello } from './client-hello.ts';
import type { RunningEgress } from './egress.ts';

/** The name that clientHello() gives when it is not told another. */
export const farName = 'api.example.com';

export interface FarEnd extends AsyncDisposable {
  readonly port: number;
  readonly sockets: readonly Socket[];
}

export async function openFarEnd(serve: (socket: Socket) => void): Promise<FarEnd> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on('error', () => {}));
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Sends back whatever comes. */
export const echo = (socket: Socket) => void socket.pipe(socket);

/** A tunnel through which the hello has gone and come back from a far end that echoes. */
export async function echoedTunnel(
  egress: Pick<RunningEgress, 'address'>,
  port: number,
  requestId = 'r',
): Promise<Socket> {
  const client = await connectThrough(egress.address, farName, port, requestId, 5_000);
  client.on('error', () => {});
  const hello = clientHello();
  client.write(hello);
  for (let got = 0; got < hello.length; ) {
    const { length } = await nextBytes(client);
    if (length === 0) throw new Error('the tunnel was closed before the hello came back');
    got += length;
  }
  return client;
}

/** What comes next, or nothing when the other side has closed. */
export function nextBytes(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => {
    const settle = (bytes: Buffer) => {
      socket.off('readable', onReadable).off('end', onEnd).off('close', onEnd);
      resolve(bytes);
    };
    const onReadable = () => {
      const bytes: Buffer | null = socket.read();
      if (bytes !== null) settle(bytes);
    };
    const onEnd = () => settle(Buffer.alloc(0));
    socket.on('readable', onReadable).once('end', onEnd).once('close', onEnd);
    if (socket.destroyed || socket.readableEnded) onEnd();
    else onReadable();
  });
}

/** Resolves once the socket is gone, whatever came before. */
export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else
      socket
        .on('error', () => {})
        .once('close', resolve)
        .resume();
  });
}
