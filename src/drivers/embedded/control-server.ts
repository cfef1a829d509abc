// Answers on the control socket: whoever can open it (0600, in a folder of 0700) is the owner of
// the stack.

import { chmodSync, closeSync, openSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { ClincherError } from '../../kit/error.ts';
import {
  type ControlAnswer,
  type ControlRequest,
  messageBytesMax,
  requestSchema,
} from './messages.ts';

export type ControlHandler = (request: ControlRequest) => Promise<ControlAnswer>;

const connectionsMax = 64;
const askTimeoutMs = 10_000;

/**
 * Resolves once it listens. A socket left by a supervisor that was killed is replaced: the lock is
 * ours.
 */
export async function serveControl(path: string, handle: ControlHandler): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    answer(socket, handle).catch(() => socket.destroy());
  });
  server.maxConnections = connectionsMax;
  await listenPrivately(server, path);
  return server;
}

/** A socket left there is replaced. Resolves once it listens, for its owner alone. */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true });
  // By descriptor, because a socket's path is limited to 107 bytes and a state directory's is not.
  const folder = openSync(dirname(path), 'r');
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(join('/proc/self/fd', String(folder), basename(path)), resolve);
    });
    chmodSync(path, 0o600);
  } finally {
    closeSync(folder);
  }
}

async function answer(socket: Socket, handle: ControlHandler): Promise<void> {
  socket.on('error', () => socket.destroy());
  socket.setTimeout(askTimeoutMs, () => socket.destroy());
  const line = await readLine(socket, messageBytesMax);
  socket.setTimeout(0);
  const answered = await ask(line, handle);
  socket.end(`${JSON.stringify(answered)}\n`);
}

async function ask(line: string, handle: ControlHandler): Promise<ControlAnswer> {
  try {
    return await handle(requestSchema.parse(JSON.parse(line)));
  } catch (error) {
    return asAnswer(error);
  }
}

function asAnswer(error: unknown): ControlAnswer {
  if (error instanceof ClincherError) {
    const { code, message, fix } = error;
    return fix === undefined ? { ok: false, code, message } : { ok: false, code, message, fix };
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') {
    const fix = 'Free some space on the disk that holds the state directory.';
    return { ok: false, code: 'disk-full', message: `the disk is full: ${message}`, fix };
  }
  return { ok: false, code: 'system-refused', message: message ?? String(error) };
}

/** Rejects when the line is longer; the socket stays open. */
export async function readLine(socket: Socket, bytesMax: number): Promise<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.length > bytesMax) throw new Error('the request is too long');
    if (text.endsWith('\n')) break;
  }
  return text;
}
