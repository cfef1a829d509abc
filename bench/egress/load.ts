// The load: tunnels opened and closed, bytes through open ones, tunnels that only stay open.

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Ask, helloAsking } from './hello.ts';

export interface Way {
  readonly proxyPort: number;
  readonly host: string;
  readonly farPort: number;
  readonly hello: Buffer;
}

const shortly: Ask = { bytesDown: 100, bytesUp: 0 };

/** A tunnel whose far end has been asked; resolves once the proxy said 200. */
function openTunnel(way: Way, ask: Ask): Promise<Socket> {
  const authority = `${way.host}:${way.farPort}`;
  return new Promise((resolve, reject) => {
    const socket = connect({ port: way.proxyPort, host: '127.0.0.1', noDelay: true });
    const fail = () => reject(new Error('the proxy closed the connection without a 200'));
    socket.once('error', reject).once('close', fail);
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    socket.once('data', (head) => {
      const text = head.toString('latin1');
      if (!/^HTTP\/1\.[01] 200 .*\r\n\r\n$/s.test(text)) return reject(new Error(text));
      socket.off('error', reject).off('close', fail);
      socket.on('error', () => {});
      socket.write(helloAsking(way.hello, ask));
      resolve(socket);
    });
  });
}

/** Resolves once so many bytes have come; rejects when the far end is gone before. */
function receive(socket: Socket, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = bytes;
    const onClose = () => reject(new Error(`closed with ${left} bytes to come`));
    const onData = (chunk: Buffer) => {
      left -= chunk.length;
      if (left > 0) return;
      socket.off('data', onData).off('close', onClose);
      resolve();
    };
    socket.on('data', onData).on('close', onClose);
  });
}

export interface TunnelTimes {
  readonly seconds: number;
  /** From the connection's start to the 200, in milliseconds, ascending. */
  readonly connectMs: readonly number[];
}

/** `count` tunnels, `atOnce` at a time: CONNECT, the hello, 100 bytes back, closed. */
export async function newTunnels(way: Way, count: number, atOnce: number): Promise<TunnelTimes> {
  const connectMs: number[] = [];
  let begun = 0;
  const startedMs = performance.now();
  const worker = async () => {
    while (begun < count) {
      begun += 1;
      const fromMs = performance.now();
      const socket = await openTunnel(way, shortly);
      connectMs.push(performance.now() - fromMs);
      await receive(socket, 100);
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - startedMs) / 1_000;
  return { seconds, connectMs: connectMs.sort((a, b) => a - b) };
}

/** `bytes` in all through `tunnels` at once, from the far end or to it; seconds. */
export async function carry(
  way: Way,
  tunnels: number,
  bytes: number,
  direction: 'down' | 'up',
): Promise<number> {
  const each = Math.ceil(bytes / tunnels);
  const startedMs = performance.now();
  const one = async () => {
    const ask =
      direction === 'down' ? { bytesDown: each, bytesUp: 0 } : { ...shortly, bytesUp: each };
    const socket = await openTunnel(way, ask);
    await receive(socket, ask.bytesDown);
    if (direction === 'up') await Promise.all([send(socket, each), receive(socket, 1)]);
    socket.destroy();
  };
  await Promise.all(Array.from({ length: tunnels }, one));
  return (performance.now() - startedMs) / 1_000;
}

const block = Buffer.alloc(262_144, 'x');

async function send(socket: Socket, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= block.length) {
    if (socket.write(block.subarray(0, Math.min(left, block.length)))) continue;
    await new Promise((resolve) => socket.once('drain', resolve));
  }
}

/** `count` tunnels that have carried 100 bytes each and now stay open. */
export async function holdOpen(way: Way, count: number): Promise<readonly Socket[]> {
  const held: Socket[] = [];
  const worker = async (_: unknown, index: number) => {
    for (let i = index; i < count; i += 32) {
      const socket = await openTunnel(way, shortly);
      await receive(socket, 100);
      held.push(socket.pause());
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return held;
}

/** A whole TLS session through the proxy, with the certificate verified; throws if it is not. */
export async function proveTls(way: Way, tlsPort: number, ca: string): Promise<void> {
  const authority = `${way.host}:${tlsPort}`;
  const raw = connect({ port: way.proxyPort, host: '127.0.0.1' });
  raw.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  await new Promise((resolve, reject) => {
    raw.once('data', resolve).once('close', () => reject(new Error('no tunnel')));
  });
  const socket = connectTls({ socket: raw, servername: way.host, ca });
  socket.write('there and back');
  const [echo] = await new Promise<[Buffer]>((resolve, reject) => {
    socket.once('data', (data) => resolve([data])).once('error', reject);
  });
  if (echo.toString() !== 'there and back') throw new Error('TLS came back changed');
  socket.destroy();
}
