// Pebble, the CA that Let's Encrypt tests its clients with: unpacked into .cache, and started for a
// test with the ports and the name server that the test says.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { makeLocalCertificate } from '../cli/certificate.ts';
import type { runCommand } from '../kit/run-command.ts';
import { unpackOnce } from './debian-packages.ts';
import { freePorts } from './free-port.ts';
import { checkout } from './source-tree.ts';
import { tempDir } from './temp-dir.ts';

const folder = join(checkout, '.cache/pebble');

/** Whether there was anything to be done. */
export function installPebble(run: typeof runCommand): Promise<boolean> {
  return unpackOnce(folder, ['pebble'], run);
}

export interface Pebble extends AsyncDisposable {
  readonly directory: string;
  /** PEM of the CA behind the directory itself. */
  readonly caFile: string;
  /** PEM of the root that it signs with; another at each start. */
  root(): Promise<string>;
}

export interface PebbleOptions {
  /** Where it asks for what HTTP-01 is answered with. */
  readonly httpPort: number;
  /** `127.0.0.1:5353` */
  readonly nameServer: string;
  readonly validSeconds?: number;
  /** Of a hundred nonces that are good. */
  readonly noncesRefused?: number;
  /** Keys by identifier: it makes accounts for these alone. */
  readonly customers?: Readonly<Record<string, string>> | undefined;
}

export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const {
    httpPort,
    nameServer,
    validSeconds = 90 * 86_400,
    noncesRefused = 25,
    customers,
  } = options;
  const dir = tempDir();
  const inside = (name: string) => join(dir.path, name);
  const made = await makeLocalCertificate(['localhost'], Date.now());
  await writeFile(inside('ca.pem'), made.caPem);
  await writeFile(inside('cert.pem'), made.certPem);
  await writeFile(inside('key.pem'), made.keyPem);
  const [port, management, tlsPort] = await freePorts(3);
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: inside('cert.pem'),
    privateKey: inside('key.pem'),
    ...{ httpPort, tlsPort, ocspResponderURL: '' },
    externalAccountBindingRequired: customers !== undefined,
    ...(customers === undefined ? {} : { externalAccountMACKeys: customers }),
    certificateValidityPeriod: validSeconds,
    retryAfter: { authz: 0, order: 0 },
  };
  await writeFile(inside('config.json'), JSON.stringify({ pebble }));
  const argv = ['-strict', '-config', inside('config.json'), '-dnsserver', nameServer];
  const child = spawn(join(folder, 'usr/bin/pebble'), argv, {
    env: {
      PEBBLE_VA_NOSLEEP: '1',
      // Every order is proven anew.
      PEBBLE_AUTHZREUSE: '0',
      PEBBLE_WFE_NONCEREJECT: String(noncesRefused),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const dispatcher = new Agent({ connect: { ca: made.caPem } });
  const get = async (url: string) => (await request(url, { dispatcher })).body.text();
  const started: Pebble = {
    directory: `https://localhost:${port}/dir`,
    caFile: inside('ca.pem'),
    root: () => get(`https://localhost:${management}/roots/0`),
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      child.kill('SIGKILL');
      await ended;
      dir[Symbol.dispose]();
    },
  };
  for (let left = 300; ; left--) {
    const up = await get(started.directory).then(
      () => true,
      () => false,
    );
    if (up) return started;
    if (left === 0 || child.exitCode !== null) throw new Error('Pebble does not answer');
    await delay(100);
  }
}
