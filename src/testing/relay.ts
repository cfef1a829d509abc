// A relay with a small agent of its own behind it: a Node program that listens, calls out, and can
// misbehave.

import { request as openRequest } from 'node:http';
import type * as z from 'zod';
import type { Running } from '../kit/running.ts';
import { systemWorld } from '../kit/world.ts';
import { relayRole } from '../roles/relay/serve.ts';
import { relaySettings } from '../roles/relay/settings.ts';
import { freePorts } from './free-port.ts';
import { type RecordedTelemetry, recordedTelemetry, temporaryFolder } from './wire.ts';

/**
 * POST /turn calls the model's port once and answers with what came back; /slow waits for POST /go.
 */
export const agentProgram = `
const http = require('node:http');
const { AGENT_PORT, LLM_PORT } = process.env;
let go = [];
const call = (headers) => new Promise((done) => http.request(
  { port: LLM_PORT, host: '127.0.0.1', method: 'POST', path: '/v1/messages', headers, agent: false },
  (answer) => { let body = ''; answer.on('data', (c) => { body += c; }); answer.on('end', () => done(body)); },
).end('{}'));
http.createServer(async (request, response) => {
  if (request.url === '/healthz') return response.end('ok');
  if (request.url === '/env') return response.end(JSON.stringify(process.env));
  if (request.url === '/go') { go.forEach((f) => f()); go = []; return response.end(); }
  if (request.url === '/die') return process.exit(7);
  if (request.url === '/slow') { console.log('slow'); await new Promise((f) => go.push(f)); }
  response.end(await call({ 'x-session-affinity': 'session-1', 'x-request-id': 'of-the-agent' }));
}).on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n');
  socket.pipe(socket);
}).listen(AGENT_PORT, '127.0.0.1', () => console.log('listening'));
`;

/** What the relay asks of whoever is in front. */
export const throughIngress = { 'x-forwarded-for': '198.51.100.1' };

export interface TestRelay extends AsyncDisposable {
  readonly running: Running;
  readonly folder: string;
  /** The socket the ingress would dial. */
  readonly entry: string;
  readonly telemetry: RecordedTelemetry;
  ask(path: string, options?: { requestId?: string; method?: string }): Promise<Reply>;
  /** Resolves when the telemetry has a line that the test is waiting for. */
  line(
    is: (line: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Readonly<Record<string, unknown>>>;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export interface RelayOptions {
  /** Replaces the agent above. */
  readonly program?: string;
  readonly more?: Partial<z.input<typeof relaySettings>>;
  readonly stopGraceMs?: number;
}

export async function startRelay(options: RelayOptions = {}): Promise<TestRelay> {
  const folder = await temporaryFolder();
  const [agentPort, llmPort] = await freePorts(2);
  const entry = `${folder.path}/in`;
  const settings = relaySettings.parse({
    service: 'gateway',
    admin: [],
    listen: [{ address: `unix:${entry}`, caller: 'ingress', to: `tcp:127.0.0.1:${agentPort}` }],
    dial: [{ listen: `tcp:127.0.0.1:${llmPort}`, callee: 'llm', to: `unix:${folder.path}/llm` }],
    program: {
      argv: [process.execPath, '-e', options.program ?? agentProgram],
      env: { AGENT_PORT: String(agentPort), LLM_PORT: String(llmPort) },
      cwd: folder.path,
      readyUrl: `http://127.0.0.1:${agentPort}/healthz`,
      stopGraceMs: options.stopGraceMs ?? 5_000,
    },
    ...options.more,
  });
  const telemetry = recordedTelemetry('gateway');
  const running = await relayRole.serve(settings, systemWorld(), telemetry);
  return {
    running,
    folder: folder.path,
    entry,
    telemetry,
    ask: (path, more = {}) => ask(entry, path, more),
    line: async (is) => {
      for (;;) {
        const found = telemetry.lines().find(is);
        if (found !== undefined) return found;
        await new Promise((next) => setTimeout(next, 10));
      }
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function ask(
  socketPath: string,
  path: string,
  { requestId = 'request-1', method = 'POST' },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-request-id': requestId, host: 'localhost', ...throughIngress };
    const request = openRequest({ socketPath, path, method, headers, agent: false });
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.end();
  });
}
