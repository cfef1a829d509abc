// Cloudflare's API as a server of our own: it keeps state and refuses what the real one refuses,
// with its shapes and codes. The official client is tested against it too, so that it cannot drift
// into agreeing with our own client alone.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cloudflareRoutes } from './cloudflare-routes.ts';
import { type Answer, ApiRefusal, createState, type FakeState } from './cloudflare-state.ts';

export interface CloudflareFake extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/client/v4` */
  readonly root: string;
  readonly token: string;
  readonly state: FakeState;
  /** `METHOD path` of each call, in order. */
  readonly calls: string[];
  /** Answers a call otherwise while it is set: a status with an error, or null to go on. */
  fault: ((method: string, path: string) => Fault | null) | null;
}

export type Fault =
  | {
      readonly status: number;
      readonly retryAfter?: number;
      readonly code?: number;
      readonly location?: string;
    }
  | 'cut'
  | 'not-json';

/** All the rights that the commands need; a test takes one away. */
export async function startCloudflare({
  free = true,
  rights,
}: {
  free?: boolean;
  rights?: readonly string[];
} = {}): Promise<CloudflareFake> {
  const state = createState(free, rights);
  const calls: string[] = [];
  const server = createServer((request, response) => void serve(request, response));
  const fake: CloudflareFake = {
    root: '',
    token: state.token,
    state,
    calls,
    fault: null,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? '';
    const url = new URL(request.url ?? '/', 'http://api');
    const path = url.pathname.replace(/^\/client\/v4/, '');
    calls.push(`${method} ${path}`);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const fault = fake.fault?.(method, path) ?? null;
    if (fault === 'cut') return void request.socket.destroy();
    if (fault === 'not-json') return void response.end('<html>');
    if (fault !== null) return refuse(response, fault);
    try {
      state.authorize(request.headers.authorization, path, method);
      const text = Buffer.concat(parts).toString('utf8');
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const { searchParams: query } = url;
      answer(response, await cloudflareRoutes(state, { method, path, query, body }));
    } catch (error) {
      refuse(
        response,
        error instanceof ApiRefusal ? error : { status: 500, message: String(error) },
      );
    }
  }
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, { root: `http://127.0.0.1:${port}/client/v4` });
}

function answer(response: ServerResponse, { result, info }: Answer): void {
  response.setHeader('content-type', 'application/json');
  const page = info === undefined ? {} : { result_info: info };
  response.end(JSON.stringify({ success: true, errors: [], messages: [], result, ...page }));
}

interface Refused {
  readonly status: number;
  readonly code?: number;
  readonly message?: string;
  readonly retryAfter?: number;
  readonly location?: string;
}

function refuse(
  response: ServerResponse,
  { status, code = 10_000, message, retryAfter, location }: Refused,
) {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  if (location !== undefined) response.setHeader('location', location);
  const errors = [{ code, message: message ?? `refused with ${status}` }];
  response.end(JSON.stringify({ success: false, errors, messages: [], result: null }));
}
