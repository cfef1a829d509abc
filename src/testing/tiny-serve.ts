// A stand-in for a role in the driver's tests: `node tiny-serve.ts <role> --settings FILE`. It
// opens its admin socket, and is ready, never ready, or gone, as its settings say. It uses nothing
// of ours, so that only the driver is tested.

import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer } from 'node:net';

/** What a test asks of it; each service may differ. */
export interface TinySettings {
  /** Socket files on which it answers GET /healthz. */
  readonly admin: readonly string[];
  readonly health: { readonly ready: boolean; readonly detail?: string };
  /** Lines printed at the start, to both outputs in turn. */
  readonly print?: readonly string[];
  /** Prints a long line this often, for as long as it runs. */
  readonly printEveryMs?: number;
  readonly exitAtOnce?: number;
  /** Exits with 9 this long after it was first asked for its health. */
  readonly exitAfterMs?: number;
  /** Takes memory until somebody stops it. */
  readonly eatMemory?: boolean;
  readonly ignoreSigterm?: boolean;
  /** Inherited descriptors on which it answers every connection with its service's name. */
  readonly answerOn?: readonly number[];
  /** Socket files (edges in) on which it does the same, or `tcp:ADDRESS:PORT`. */
  readonly answerAt?: readonly string[];
  readonly service: string;
}

const file = process.argv[process.argv.indexOf('--settings') + 1];
if (process.argv.includes('--settings') && file !== undefined) {
  serve(JSON.parse(readFileSync(file, 'utf8')) as TinySettings);
}

function serve(settings: TinySettings): void {
  for (const [index, line] of (settings.print ?? []).entries()) {
    (index % 2 === 0 ? process.stdout : process.stderr).write(`${line}\n`);
  }
  if (settings.exitAtOnce !== undefined) process.exit(settings.exitAtOnce);
  process.on('SIGTERM', () => {
    process.stdout.write('told to stop\n');
    if (settings.ignoreSigterm !== true) process.exit(0);
  });
  const answer = () => createServer((socket) => socket.end(`${settings.service}\n`));
  for (const fd of settings.answerOn ?? []) answer().listen({ fd });
  for (const path of settings.answerAt ?? []) listenAt(answer(), path);
  for (const path of settings.admin) listenAt(admin(settings), path);
  if (settings.printEveryMs !== undefined) {
    setInterval(() => process.stdout.write(`${'.'.repeat(2_000)}\n`), settings.printEveryMs);
  }
  if (settings.eatMemory === true) setTimeout(eat, 50);
}

function admin({ health, exitAfterMs }: TinySettings): Server {
  return createHttpServer((_, response) => {
    response.writeHead(health.ready ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(health));
    if (exitAfterMs !== undefined) setTimeout(() => process.exit(9), exitAfterMs);
  });
}

function listenAt(server: ReturnType<typeof createServer>, path: string): void {
  const [, host, port] = /^tcp:(.+):(\d+)$/.exec(path) ?? [];
  if (host !== undefined) return void server.listen(Number(port), host);
  rmSync(path, { force: true });
  server.listen(path, () => chmodSync(path, 0o600));
}

function eat(): void {
  const kept: Buffer[] = [];
  setInterval(() => kept.push(Buffer.alloc(16 * 1024 * 1024, kept.length + 1)), 5);
}
