// Asks a service how it is, over the admin socket that was made for the supervisor.

import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { readHealth } from '../../host/read-health.ts';
import type { Health } from '../../kit/running.ts';
import { request } from '../../net/node-http.ts';

const answerBytesMax = 16 * 1024;
/** O_PATH, open(2): names a file without opening it. The same on x86-64 and arm64. */
const onlyPath = 0o10000000;

/**
 * Never throws: a service that does not answer, or answers nonsense, is not ready, and the detail
 * says how.
 */
export async function askHealth(folder: string, timeoutMs: number): Promise<Health> {
  try {
    const bounds = { timeoutMs, bytesMax: answerBytesMax };
    const text = await askAdmin(folder, '/healthz', bounds);
    return text === null
      ? notReady('its admin socket is not a socket')
      : readHealth(JSON.parse(text));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return notReady('it has not opened its admin socket');
    return notReady(`its admin socket does not answer: ${code ?? message}`);
  }
}

/** Null where there is something else than a socket; rejects when nobody answers on it. */
export async function askAdmin(
  folder: string,
  path: '/healthz' | '/metrics',
  bounds: { readonly timeoutMs: number; readonly bytesMax: number },
): Promise<string | null> {
  // The folder is the service's own: a link it puts there could lead to any socket of the host.
  // So what was looked at is held, and the very same is connected to, also when it is swapped.
  const file = openSync(join(folder, 'sock'), onlyPath | constants.O_NOFOLLOW);
  try {
    if (!fstatSync(file).isSocket()) return null;
    // By descriptor also because a socket's path may have 107 bytes at most.
    return await get(join('/proc/self/fd', String(file)), path, bounds);
  } finally {
    closeSync(file);
  }
}

function get(
  socketPath: string,
  path: string,
  { timeoutMs, bytesMax }: { readonly timeoutMs: number; readonly bytesMax: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request({ socketPath, path, agent: false, signal }, (response) => {
      collect(response, bytesMax).then(resolve, reject);
    });
    asked.once('error', reject).end();
  });
}

async function collect(response: IncomingMessage, bytesMax: number): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > bytesMax) throw new Error('its answer is too long');
  }
  return text;
}

function notReady(detail: string): Health {
  return { ready: false, detail };
}
