// The two round trips that an agent's tools are made of, as the docker command line makes them: a
// connection of its own for each command.

import { Agent, request } from 'node:http';
import type { Duplex, Readable } from 'node:stream';

export interface Route {
  readonly socket: string;
}

/** `docker inspect`: the call alone. */
export async function inspect({ socket }: Route, container: string): Promise<void> {
  await answer(socket, null, 'GET', `/v1.41/containers/${container}/json`);
}

/** `docker exec`: made, attached to until it ends, asked for its code. Gives bytes of output. */
export async function exec(
  { socket }: Route,
  container: string,
  command: readonly string[],
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const body = { AttachStdout: true, AttachStderr: true, Cmd: command };
    const made = await answer(socket, agent, 'POST', `/v1.41/containers/${container}/exec`, body);
    const { Id } = JSON.parse(made) as { Id: string };
    const bytes = await attach(socket, `/v1.41/exec/${Id}/start`);
    const ended = JSON.parse(await answer(socket, agent, 'GET', `/v1.41/exec/${Id}/json`));
    if (ended.ExitCode !== 0) throw new Error(`exit code ${ended.ExitCode}`);
    return bytes;
  } finally {
    agent.destroy();
  }
}

function answer(
  socketPath: string,
  agent: Agent | null,
  method: string,
  path: string,
  body?: object,
): Promise<string> {
  const text = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ socketPath, method, path },
        agent: agent ?? false,
        headers: {
          host: 'docker',
          'content-length': Buffer.byteLength(text),
          ...(text === '' ? {} : { 'content-type': 'application/json' }),
        },
      },
      (response) => {
        let read = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          read += chunk;
        });
        response.once('error', reject);
        response.once('end', () => {
          const { statusCode = 0 } = response;
          if (statusCode < 300) resolve(read);
          else reject(new Error(`${method} ${path}: ${statusCode} ${read}`));
        });
      },
    );
    asked.once('error', reject);
    asked.end(text);
  });
}

function attach(socketPath: string, path: string): Promise<number> {
  const text = '{"Detach":false,"Tty":false}';
  return new Promise((resolve, reject) => {
    const asked = request({
      ...{ socketPath, method: 'POST', path, agent: false },
      headers: {
        ...{ host: 'docker', connection: 'Upgrade', upgrade: 'tcp' },
        ...{ 'content-type': 'application/json', 'content-length': text.length },
      },
    });
    asked.once('error', reject);
    const read = (stream: Readable, first: number) => {
      let bytes = first;
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      stream.once('error', reject);
      stream.once('end', () => resolve(bytes));
    };
    // HAProxy takes the upgrade off a request that has a body; the daemon then answers as it did
    // before there were upgrades: 200, and output until it ends.
    asked.once('response', (response) => read(response, 0));
    asked.once('upgrade', (_response, stream: Duplex, head: Buffer) => {
      read(stream, head.length);
      stream.once('end', () => stream.end());
    });
    asked.end(text);
  });
}
