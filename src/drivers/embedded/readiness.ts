// Asks a service how it is, over the admin socket that was made for the supervisor.

import { closeSync, lstatSync, openSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import * as z from 'zod';
import type { Health } from '../../kit/running.ts';

const healthSchema = z.object({ ready: z.boolean(), detail: z.string().max(4_096).optional() });
const answerBytesMax = 16 * 1024;

/**
 * Never throws: a service that does not answer, or answers nonsense, is not ready, and the detail
 * says how.
 */
export async function askHealth(folder: string, timeoutMs: number): Promise<Health> {
  let directory: number | null = null;
  try {
    directory = openSync(folder, 'r');
    // By descriptor: a socket's path may have 107 bytes at most, and a state directory may lie
    // deep.
    const socketPath = join('/proc/self/fd', String(directory), 'sock');
    // The folder is the service's own: a link it put there could lead to any socket of the host.
    if (!lstatSync(socketPath).isSocket()) return notReady('its admin socket is not a socket');
    return readHealth(await get(socketPath, timeoutMs));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return notReady('it has not opened its admin socket');
    return notReady(`its admin socket does not answer: ${code ?? message}`);
  } finally {
    if (directory !== null) closeSync(directory);
  }
}

function get(socketPath: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request({ socketPath, path: '/healthz', agent: false, signal }, (response) => {
      collect(response).then(resolve, reject);
    });
    asked.once('error', reject).end();
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > answerBytesMax) throw new Error('its answer is too long');
  }
  return text;
}

function readHealth(text: string): Health {
  const parsed = healthSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return notReady('its health cannot be read');
  const { ready, detail } = parsed.data;
  return detail === undefined ? { ready } : { ready, detail };
}

function notReady(detail: string): Health {
  return { ready: false, detail };
}
