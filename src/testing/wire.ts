// Bytes on a socket, as an attacker writes them, and a telemetry that can be read back.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect as connectNet, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';

export interface RecordedTelemetry extends Telemetry {
  /** Every line logged so far, as the object it was. */
  lines(): readonly Readonly<Record<string, unknown>>[];
  decisions(): readonly Readonly<Record<string, unknown>>[];
}

export function recordedTelemetry(service: string): RecordedTelemetry {
  const lines: Record<string, unknown>[] = [];
  const telemetry = createTelemetry(
    service,
    service,
    (line) => lines.push(JSON.parse(line)),
    Date.now,
  );
  return {
    ...telemetry,
    lines: () => lines,
    decisions: () => lines.filter((line) => line.event === 'decision'),
  };
}

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'clincher-test-'));
  // A program that ends may still have a word to write.
  const gone = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const;
  return { path, [Symbol.asyncDispose]: () => rm(path, gone) };
}

export function dialUnix(path: string): Socket {
  return connectNet({ path });
}

export function dialTcp(host: string, port: number): Socket {
  return connectNet({ host, port });
}

export function dialTls(options: ConnectionOptions): Socket {
  return connectTls({ ALPNProtocols: ['http/1.1'], ...options });
}

/**
 * Writes the bytes and gives all that comes back until the other side closes, or `waitMs` of it.
 */
export async function exchange(socket: Socket, bytes: string, waitMs = 3_000): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  const timer = setTimeout(() => socket.destroy(), waitMs);
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  clearTimeout(timer);
  return text;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface FakeUpstream extends AsyncDisposable {
  readonly seen: readonly SeenRequest[];
  readonly server: Server;
  /** The first value of a header of the last request. */
  header(name: string): string | undefined;
}

/** Records every request that reaches it, on a Unix socket; answers 200 with `answer`. */
export async function fakeUpstream(
  path: string,
  answer = 'hello',
  headers: Readonly<Record<string, string | string[]>> = {},
): Promise<FakeUpstream> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    try {
      for await (const chunk of request) body += chunk;
    } catch {
      return;
    }
    const { method = '', url = '', rawHeaders } = request;
    seen.push({ method, url, rawHeaders, body });
    response.writeHead(200, headers);
    response.end(answer);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    seen,
    server,
    header: (name) => seen.at(-1)?.rawHeaders.find((_, i, all) => isValueOf(all, i, name)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function isValueOf(raw: readonly string[], index: number, name: string): boolean {
  return index % 2 === 1 && raw[index - 1]?.toLowerCase() === name;
}
