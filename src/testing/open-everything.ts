// A place where everything is left open that a command in a sandbox tries: neighbours at each port
// and path that it asks, names that resolve, files that can be read. Only in a network of its own.

import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { attackTables } from '../verify/attacks/index.ts';
import type { SandboxAttack } from '../verify/attacks/model.ts';
import { openOutside } from './canary-outside.ts';
import { tempDir } from './temp-dir.ts';

export interface Everything extends AsyncDisposable {
  /** Words that run python3 there. */
  readonly argv: readonly string[];
}

/** Host folders that stand for those of the service, by what is below them. */
const roots = ['/run', '/var/lib', '/opt'];

export async function openEverything(): Promise<Everything> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(tempDir()).path;
  opened.use(await openOutside());
  const tried = attackTables.flatMap((table) => (table.kind === 'sandbox' ? table.attacks : []));
  for (const root of roots) mkdirSync(join(folder, root), { recursive: true });
  for (const attack of tried) await open(attack, folder, opened);
  execFileSync('ip', ['route', 'replace', '224.0.0.0/4', 'dev', 'lo']);
  const names = tried.filter(({ does }) => does === 'resolve').map(({ target }) => target);
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 ${names.join(' ')}\n`);
  const kept = opened.move();
  return {
    argv: [
      // Pipes, because nobody can open a socket of another's.
      ...['sh', '-c', '"$@" 2>&1 | cat', 'sh'],
      ...['bwrap', '--bind', '/', '/', '--dev', '/dev', '--unshare-pid', '--proc', '/proc'],
      ...roots.flatMap((root) => ['--bind', join(folder, root), root]),
      ...['--ro-bind', join(folder, 'hosts'), '/etc/hosts', 'python3', '-I', '-'],
    ],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What stands outside is there already, and what has a mark in it are verification's canaries. */
async function open(
  { does, target }: SandboxAttack,
  folder: string,
  opened: AsyncDisposableStack,
): Promise<void> {
  const [, host = '', port = ''] = /^(.+):([0-9]+)$/.exec(target) ?? [];
  const path = join(folder, target.replace('/var/run/', '/run/'));
  if (does === 'dial' && host === '127.0.0.1') return listen({ host, port: Number(port) }, opened);
  if (does === 'abstract' && target.startsWith('/')) return listen({ path: `\0${target}` }, opened);
  if (does === 'send' && host.startsWith('127.')) return answer(host, Number(port), opened);
  if (!roots.some((root) => target.replace('/var/run/', '/run/').startsWith(root))) return;
  mkdirSync(dirname(path), { recursive: true });
  if (does === 'read') writeFileSync(path, 'x');
  if (does === 'connect') await listen({ path }, opened);
}

async function listen(
  at: { readonly host: string; readonly port: number } | { readonly path: string },
  opened: AsyncDisposableStack,
): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => {}).end()).listen(at);
  await once(server, 'listening');
  opened.defer(() => new Promise((resolve) => server.close(() => resolve())));
}

async function answer(host: string, port: number, opened: AsyncDisposableStack): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (_, from) => socket.send('yes', from.port, from.address));
  socket.bind(port, host);
  await once(socket, 'listening');
  opened.defer(() => new Promise((resolve) => socket.close(() => resolve())));
}
