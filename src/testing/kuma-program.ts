// Uptime Kuma itself, for the long tests: the one release of it that npm has, with its database
// compiled here, unpacked into .cache and started in a network of a test's own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ensureNpmPackage,
  type NpmPackage,
  type NpmWorld,
  npmPackageRoot,
} from '../cli/install/npm-package.ts';
import { checkout } from './source-tree.ts';
import { tempDir } from './temp-dir.ts';

export const kumaPackage: NpmPackage = {
  name: 'uptime-kuma',
  version: '2.0.0-dev.0',
  title: 'Uptime Kuma',
  megabytes: 240,
  script: null,
  code: 'install-failed',
};
const root = npmPackageRoot(join(checkout, '.cache'), kumaPackage);
const modules = join(root, 'node_modules');
const program = join(modules, 'uptime-kuma');
const compiled = join(modules, '@louislam/sqlite3/build/Release/node_sqlite3.node');
const readyTimeoutMs = 120_000;

/** Resolves to whether there was anything to do. @throws Error where it cannot be compiled */
export async function installKuma(world: NpmWorld): Promise<boolean> {
  await ensureNpmPackage(kumaPackage, world);
  if (existsSync(compiled)) return false;
  // Its package has the migrations, and some of them in another folder than it looks in.
  for (const name of await readdir(join(program, 'db'))) {
    if (!name.endsWith('.sql')) continue;
    await cp(join(program, 'db', name), join(program, 'db/old_migrations', name));
  }
  const argv = ['npm', 'rebuild', '@louislam/sqlite3', '--build-from-source', '--loglevel=error'];
  const { code, tail } = await world.run(argv, { cwd: root, env: world.variables });
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${tail}`);
  return true;
}

export interface KumaProgram extends AsyncDisposable {
  readonly url: string;
}

/**
 * Of nobody yet: who comes first is its user. `caFile` is whom it trusts beside the public CAs.
 * @throws Error with what it said, if it is not up
 */
export async function startKuma(port: number, caFile: string): Promise<KumaProgram> {
  const dir = tempDir();
  const data = join(dir.path, 'data/');
  await mkdir(data);
  await writeFile(join(data, 'db-config.json'), '{"type":"sqlite"}');
  const child = spawn(process.execPath, ['server/server.js'], {
    cwd: program,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: dir.path,
      NODE_EXTRA_CA_CERTS: caFile,
      DATA_DIR: data,
      UPTIME_KUMA_HOST: '127.0.0.1',
      UPTIME_KUMA_PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
    });
  }
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  for (const until = Date.now() + readyTimeoutMs; ; ) {
    const answer = await fetch(url, { redirect: 'manual' }).catch(() => null);
    await answer?.body?.cancel();
    if (answer !== null) break;
    if (child.exitCode !== null || Date.now() > until) throw new Error(`no Uptime Kuma: ${said}`);
    await delay(200);
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      dir[Symbol.dispose]();
    },
  };
}
