// Who is measured: our own server, and nginx and Caddy with the files that are written for them
// from the same settings, run without us.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../src/host/programs.ts';
import { proxyPrograms, versionOf } from '../../src/roles/ingress/proxy/programs.ts';
import { ingressLive, ingressSettings } from '../../src/roles/ingress/settings.ts';
import { freePort, type Program, started } from '../process.ts';

export const names = ['clincher', 'nginx', 'caddy'] as const;
export type Name = (typeof names)[number];

export interface Contender {
  readonly name: Name;
  readonly port: number;
  readonly process: Program;
}

const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export async function startBackend(folder: string): Promise<Program> {
  const path = join(folder, 'backend.sock');
  const child = spawn(process.execPath, [program('backend.ts'), path], { stdio: 'inherit' });
  if (child.pid === undefined) await once(child, 'error');
  return Object.assign(child, { pid: child.pid ?? 0 });
}

/** `cert.pem` and `key.pem` are in the folder. */
export async function startContender(name: Name, folder: string): Promise<Contender> {
  const port = await freePort();
  const own = join(folder, name);
  mkdirSync(own);
  const settings = ingressSettings.parse({
    ...{ service: 'ingress', admin: [], origin: `https://localhost:${port}`, rate: null },
    listen: [{ address: `tcp:127.0.0.1:${port}`, caller: 'people' }],
    tls: { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') },
    routes: [{ prefix: '/', service: 'gateway', to: `unix:${join(folder, 'backend.sock')}` }],
  });
  const toStart = { name, folder, port };
  if (name === 'clincher') {
    const file = join(own, 'settings.json');
    writeFileSync(file, JSON.stringify(settings));
    const args = [program('../../src/cli/serve.ts'), 'ingress', '--settings', file];
    const running = await started({ ...toStart, program: process.execPath, args });
    return { name, port, process: running.process };
  }
  const proxy = proxyPrograms[name];
  const file = findProgram(name) ?? name;
  const version = await versionOf(proxy, file);
  const view = { settings, live: ingressLive.parse({ rate: null }), tokens: new Map() };
  const text = proxy.render({ ...view, folder: own, version, isRoot: process.getuid?.() === 0 });
  writeFileSync(join(own, proxy.configName), text);
  const args = proxy.runArgv(join(own, proxy.configName));
  const env = proxy.environment([], own);
  const running = await started({ ...toStart, program: file, args, env });
  return { name, port, process: running.process };
}

export function caIn(folder: string): string {
  return readFileSync(join(folder, 'ca.pem'), 'utf8');
}
