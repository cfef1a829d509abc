// The proxies that are compared: started with the same rule, the same resolver, a log in a file.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Program, started } from '../process.ts';

export interface Contender {
  readonly name: string;
  readonly port: number;
  readonly process: Program;
}

export interface Setting {
  readonly folder: string;
  /** The name that rules allow; a line of the hosts file leads it to loopback. */
  readonly host: string;
  readonly farPorts: readonly number[];
}

const serveProgram = join(import.meta.dirname, '../../src/cli/serve.ts');

/** Neither contender is to meet a bound. */
const unbounded = {
  tunnelsMax: 20_000,
  tunnelsTotalMax: 20_000,
  tunnelsPerSecondMax: 1e6,
  bytesUpMax: 1e15,
  bytesDownMax: 1e15,
  windowBytesUpMax: 1e15,
  windowBytesDownMax: 1e15,
};

export async function startOurs(setting: Setting, nodeOptions: string[]): Promise<Contender> {
  const port = await freePort();
  const settings = {
    service: 'egress',
    admin: [],
    listen: [{ address: `tcp:127.0.0.1:${port}`, caller: 'bench' }],
    rules: [{ caller: 'bench', hosts: [setting.host], ports: setting.farPorts, at: 'bench' }],
    unsafeAllowAddresses: ['127.0.0.0/8'],
    limits: unbounded,
  };
  const file = join(setting.folder, 'egress.json');
  writeFileSync(file, JSON.stringify(settings));
  const args = [...nodeOptions, serveProgram, 'egress', '--settings', file];
  return startedAs('clincher', setting, port, process.execPath, args);
}

export async function startSmokescreen(setting: Setting, program: string): Promise<Contender> {
  const port = await freePort();
  const acl = join(setting.folder, 'acl.yaml');
  const config = join(setting.folder, 'smokescreen.yaml');
  writeFileSync(
    acl,
    `version: v1\nservices: []\ndefault:\n  project: bench\n  action: enforce\n  allowed_domains:\n    - ${setting.host}\n`,
  );
  writeFileSync(
    config,
    'ip: 127.0.0.1\nallow_missing_role: true\nallow_ranges: ["127.0.0.0/8"]\nconnect_timeout: 10s\n',
  );
  const args = ['--config-file', config, '--listen-port', String(port), '--egress-acl-file', acl];
  return startedAs('smokescreen', setting, port, program, args);
}

async function startedAs(
  name: string,
  { folder }: Setting,
  port: number,
  program: string,
  args: readonly string[],
): Promise<Contender> {
  return { name, port, ...(await started({ name, folder, port, program, args })) };
}
