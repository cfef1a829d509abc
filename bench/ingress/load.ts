// The client: connections that are kept, each asking again once it has its whole answer; over
// HTTP/2 the same number of streams of one connection.

import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request } from 'node:https';
import { WebSocket } from 'ws';

export interface Door {
  readonly port: number;
  readonly ca: string;
}

export interface Kind {
  readonly name: string;
  /** Prepares what is kept; each call of what it gives is one request, whole. */
  open(door: Door): Promise<{ ask(): Promise<void>; close(): void }>;
}

const tlsOf = ({ port, ca }: Door) => ({ host: '127.0.0.1', port, servername: 'localhost', ca });
const headersOf = ({ port }: Door) => ({ host: `localhost:${port}` });

function overHttp1(name: string, bytes: number, keepAlive = true): Kind {
  return {
    name,
    async open(door) {
      const agent = new Agent({ keepAlive, maxCachedSessions: keepAlive ? 100 : 0 });
      const options = { ...tlsOf(door), headers: headersOf(door), path: `/${bytes}`, agent };
      const ask = () =>
        new Promise<void>((resolve, reject) => {
          const asked = request(options, (answer) => {
            if (answer.statusCode !== 200) reject(new Error(`${name}: ${answer.statusCode}`));
            answer.on('end', () => resolve()).on('error', reject);
            answer.resume();
          });
          asked.on('error', reject).end();
        });
      return { ask, close: () => agent.destroy() };
    },
  };
}

function overHttp2(name: string, bytes: number): Kind {
  return {
    name,
    async open(door) {
      const session = connectHttp2(`https://localhost:${door.port}`, tlsOf(door));
      await once(session, 'remoteSettings');
      const ask = () =>
        new Promise<void>((resolve, reject) => {
          const stream = session.request({ ':path': `/${bytes}` });
          stream.on('response', ({ ':status': status }) => {
            if (status !== 200) reject(new Error(`${name}: ${status}`));
          });
          stream.on('end', () => resolve()).on('error', reject);
          stream.resume();
        });
      return { ask, close: () => session.destroy() };
    },
  };
}

const echo: Kind = {
  name: 'WebSocket echo',
  async open(door) {
    const free: WebSocket[] = [];
    const sockets: WebSocket[] = [];
    const more = async () => {
      const origin = `https://localhost:${door.port}`;
      const headers = { ...headersOf(door), origin };
      const socket = new WebSocket(`wss://localhost:${door.port}/`, { ...tlsOf(door), headers });
      sockets.push(socket);
      await once(socket, 'open');
      return socket;
    };
    return {
      async ask() {
        const socket = free.pop() ?? (await more());
        const heard = once(socket, 'message');
        socket.send('a'.repeat(100));
        await heard;
        free.push(socket);
      },
      close: () => sockets.forEach((socket) => void socket.terminate()),
    };
  },
};

export const kinds: readonly Kind[] = [
  overHttp1('HTTP/1.1, 100 B', 100),
  overHttp1('HTTP/1.1, 500 KB', 500_000),
  overHttp1('HTTP/1.1, 100 B, a connection each', 100, false),
  overHttp2('HTTP/2, 100 B', 100),
  overHttp2('HTTP/2, 500 KB', 500_000),
  echo,
];

/** Milliseconds of each, ascending. */
export async function timesOf(
  ask: () => Promise<void>,
  count: number,
  atOnce: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  let begun = 0;
  const worker = async () => {
    while (begun < count) {
      begun += 1;
      const from = performance.now();
      await ask();
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return times.sort((a, b) => a - b);
}
