// The SSH sandbox with its jails and a door on a loopback port, and the real ssh(1) to go through
// it.

import { readdirSync } from 'node:fs';
import { rmdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import type * as z from 'zod';
import { makeSshKeys } from '../cli/secrets/ssh-keys.ts';
import { openCgroupHome } from '../drivers/embedded/cgroup-home.ts';
import { writeJailEtc } from '../drivers/embedded/jail-etc.ts';
import { readMachineFacts } from '../drivers/embedded/machine-facts.ts';
import { SessionJails } from '../drivers/embedded/session-jails.ts';
import { hostPaths } from '../host/host-paths.ts';
import { closeLeakedDescriptors } from '../host/leaked-descriptors.ts';
import { systemWorld } from '../kit/world.ts';
import type { JailsPlan } from '../plan/model.ts';
import { sandboxRole } from '../roles/sandbox/serve.ts';
import type { sandboxSettings } from '../roles/sandbox/settings.ts';
import { sandboxClientKey } from '../topology/secrets.ts';
import { type Outcome, plainEnvironment, run } from './run-program.ts';
import { type RecordedTelemetry, recordedTelemetry, temporaryFolder } from './wire.ts';

export interface SandboxOptions {
  readonly limits?: z.input<typeof sandboxSettings>['limits'];
  readonly jails?: Partial<JailsPlan>;
}

export interface TestSandbox extends AsyncDisposable {
  readonly telemetry: RecordedTelemetry;
  readonly port: number;
  /** The agent's private key, as text. */
  readonly key: string;
  /** Host folder of a scope: workspace and tmp below it. */
  home(scope: string): string;
  /** Where jails are asked for: the socket, and a folder for each that runs. */
  readonly jailsFolder: string;
  /** What the jails themselves said on their own streams: bubblewrap's complaints. */
  readonly said: readonly string[];
  /** The next or an earlier record that is meant. */
  line(
    is: (record: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Record<string, unknown>>;
  /** Words of ssh(1) to before the command. */
  readonly sshArgv: readonly string[];
  /** ssh(1) as OpenClaw runs it. */
  ssh(command: string, options?: SshOptions): Promise<Outcome>;
  /** The library's client, which can also ask for what ssh(1) would not. */
  client(config?: ConnectConfig): Promise<Client>;
}

export interface SshOptions {
  readonly scope?: string;
  readonly input?: string;
  /** Before the host: `-tt`, `-L ...`. */
  readonly flags?: readonly string[];
  readonly deadlineMs?: number;
}

const mebibyte = 1024 * 1024;

export const testJails: JailsPlan = {
  edge: 'sandbox--jails.api',
  scopes: ['agent', 'other'],
  workspace: '/sandbox',
  tmpfs: ['/var/tmp', '/run'],
  limits: { memoryBytesMax: 512 * mebibyte, cpusMax: 1, processesMax: 64, filesMax: 256 },
  fileBytesMax: 64 * mebibyte,
  jailsMax: 16,
};

export async function openSandbox(options: SandboxOptions = {}): Promise<TestSandbox> {
  // As the supervisor does before it makes anything.
  closeLeakedDescriptors(2);
  const folder = await temporaryFolder();
  const paths = hostPaths(folder.path);
  const etc = writeJailEtc(paths.etc);
  const plan = { ...testJails, ...options.jails };
  const said: string[] = [];
  const cgroups = openCgroupHome(`clincher-test-${process.pid}`);
  const jails = new SessionJails({
    service: 'sandbox',
    plan,
    paths,
    machine: readMachineFacts(),
    cgroups,
    onOutput: (stream) => stream.on('data', (chunk) => said.push(String(chunk))),
  });
  await jails.open();
  const keys = makeSshKeys();
  for (const [name, secret] of keys) {
    await writeFile(join(folder.path, name), secret.reveal(), { mode: 0o600 });
  }
  const socket = join(folder.path, 'ssh.sock');
  const telemetry = recordedTelemetry('sandbox');
  const settings = sandboxRole.settings.parse({
    service: 'sandbox',
    admin: [],
    listen: [{ address: `unix:${socket}`, caller: 'gateway' }],
    jails: `unix:${join(paths.edge(plan.edge), 'sock')}`,
    hostKeyFile: join(folder.path, 'sandbox-host-key'),
    clientKeyFile: join(folder.path, 'sandbox-authorized-key'),
    scopes: ['agent', 'other'],
    limits: options.limits ?? {},
  });
  const role = await sandboxRole.serve(settings, systemWorld(), telemetry);
  const door = await openDoor(socket);
  const key = keys.get(sandboxClientKey)?.reveal() ?? '';
  const config = await writeSshConfig(folder.path, door.port);
  const sshArgv = ['ssh', '-F', config, '-T', '-l', 'agent', 'openclaw-sandbox'];
  return {
    telemetry,
    key,
    said,
    jailsFolder: paths.edge(plan.edge),
    port: door.port,
    sshArgv,
    home: (scope) => join(paths.state('sandbox'), scope),
    line: (is) => nextRecord(telemetry, is),
    ssh: (command, { scope = 'agent', input = '', flags = [], deadlineMs = 20_000 } = {}) =>
      run(['ssh', '-F', config, '-T', '-l', scope, ...flags, 'openclaw-sandbox', command], {
        input,
        deadlineMs,
        env: plainEnvironment(),
      }),
    client: (more = {}) => signIn({ port: door.port, username: 'agent', privateKey: key, ...more }),
    [Symbol.asyncDispose]: async () => {
      await role[Symbol.asyncDispose]();
      await jails[Symbol.asyncDispose]();
      await door[Symbol.asyncDispose]();
      etc[Symbol.dispose]();
      for (const each of cgroups.folders) await removeGroup(each);
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function nextRecord(
  telemetry: RecordedTelemetry,
  is: (record: Readonly<Record<string, unknown>>) => boolean,
): Promise<Record<string, unknown>> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    const found = telemetry.decisions().find(is);
    if (found !== undefined) return found;
    await delay(20);
  }
  throw new Error(`no such record among ${JSON.stringify(telemetry.decisions())}`);
}

/** Once its last process has been reaped. */
async function removeGroup(folder: string): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    const below = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory());
    for (const { name } of below) await rmdir(join(folder, name)).catch(() => {});
    if (
      await rmdir(folder).then(
        () => true,
        () => false,
      )
    )
      return;
    await delay(20);
  }
}

/** The relay's part: a loopback port in front of the socket. */
async function openDoor(path: string): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer((near) => {
    const far = connect(path);
    near.pipe(far).pipe(near);
    for (const [one, two] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => two.destroy()).on('close', () => two.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { port, [Symbol.asyncDispose]: close };
}

/** The lines that OpenClaw 2026.9.6 writes, in createSshSandboxSessionFromSettings. */
async function writeSshConfig(folder: string, port: number): Promise<string> {
  const file = join(folder, 'ssh-config');
  const lines = [
    'Host openclaw-sandbox',
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    '  BatchMode yes',
    '  ConnectTimeout 5',
    '  ServerAliveInterval 15',
    '  ServerAliveCountMax 3',
    '  StrictHostKeyChecking yes',
    '  UpdateHostKeys no',
    // Here alone: the port is another in each test.
    '  HostKeyAlias [127.0.0.1]:2222',
    `  UserKnownHostsFile ${folder}/sandbox-known-hosts`,
    `  IdentityFile ${folder}/sandbox-client-key`,
    '  IdentitiesOnly yes',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

function signIn(config: ConnectConfig): Promise<Client> {
  const client = new ssh2.Client();
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  client.once('ready', () => resolve(client));
  client.once('error', reject);
  client.once('close', () => reject(new Error('closed')));
  client.on('error', () => {});
  client.connect({ host: '127.0.0.1', readyTimeout: 10_000, ...config });
  return promise;
}
