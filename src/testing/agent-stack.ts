// The whole stack as its user brings it up: the launcher's program, a configuration file, the real
// agent in its jail, and a TLS provider on loopback with a CA and a name of its own. Run it in a
// network without a route.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePort } from './free-port.ts';
import { startProvider, type TestProvider } from './provider.ts';
import { tempDir } from './temp-dir.ts';

export const agentProviderHost = 'provider.test';
const checkout = resolve(import.meta.dirname, '../..');

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface AgentStack extends AsyncDisposable {
  readonly dir: string;
  readonly state: string;
  readonly origin: string;
  readonly port: number;
  readonly provider: TestProvider;
  /**
   * New each time: written into a source file, every jail that mounts the program could read it.
   */
  readonly providerKey: string;
  /** What `up` printed. */
  readonly said: string;
  /** Runs `clincher ARGS --config ...` on this stack. */
  clincher(...args: readonly string[]): Promise<Ran>;
  /** PEM of the CA that signed the ingress's certificate. */
  ca(): Promise<string>;
  token(): Promise<string>;
  /** The decision records of one service, parsed. */
  decisions(service: string): Promise<readonly Record<string, unknown>[]>;
}

export interface AgentStackChoices {
  readonly dialect: 'openai' | 'anthropic';
  /** Where its tools run; in its own jail when left out. */
  readonly sandbox?: string;
  /** More lines for clincher.yaml. */
  readonly more?: string;
  /** Further lines of its provider, and of its models. */
  readonly provider?: string;
  readonly models?: string;
  /** A further host, on loopback, that the agent itself may ask. */
  readonly asks?: { readonly host: string; readonly port: number };
  /** As containers of this daemon; in jails when left out. */
  readonly containers?: AgentContainers;
}

export interface AgentContainers {
  readonly isolation: 'segmented' | 'sealed';
  /** Of a swarm, each as `docker -H` takes it. */
  readonly nodes?: readonly string[];
  /** What the docker command is told. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the provider is: an address that leads from a container back to the tests. */
  readonly providerHost: string;
}

/** @throws Error with everything `up` printed, when it did not come up */
export async function bringUpAgent(choices: AgentStackChoices): Promise<AgentStack> {
  const temp = tempDir();
  const dir = temp.path;
  const { containers } = choices;
  const host = containers?.providerHost ?? '127.0.0.1';
  const provider = await startProvider([agentProviderHost], { host });
  const port = await freePort();
  const providerKey = `key-${randomBytes(24).toString('hex')}`;
  await writeFile(join(dir, 'ca.pem'), provider.caPem);
  await writeFile(join(dir, 'provider.key'), `${providerKey}\n`, { mode: 0o600 });
  await writeFile(
    join(dir, 'clincher.yaml'),
    configText(choices, `${host}:${provider.port}`, port),
  );
  const state = join(dir, '.clincher');
  const clincher = (...args: readonly string[]) => runClincher(args, dir, containers?.env);
  const stop = async () => {
    await clincher('down');
    await provider[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  };
  const up = await clincher('up', '--detach');
  if (up.code !== 0) {
    const logs = await clincher('logs', '-n', '40');
    await stop();
    throw new Error(`up ended with ${up.code}:\n${up.stdout}\n${up.stderr}\n${logs.stdout}`);
  }
  return {
    dir,
    state,
    origin: `https://localhost:${port}`,
    port,
    provider,
    providerKey,
    said: up.stdout + up.stderr,
    clincher,
    ca: () => readFile(join(state, 'secrets/generated/ingress-ca'), 'utf8'),
    token: async () => (await clincher('token', '--raw')).stdout.trim(),
    decisions: async (service) =>
      decisionsOf((await clincher('logs', service, '--json', '-n', '100000')).stdout),
    [Symbol.asyncDispose]: stop,
  };
}

function configText(choices: AgentStackChoices, providerAt: string, port: number): string {
  const { dialect, sandbox = 'none', more, provider = '', models = '', containers, asks } = choices;
  const [providerAddress, providerPort] = providerAt.split(':');
  const base = `https://${agentProviderHost}:${providerPort}`;
  // Swarm publishes at every address of a node.
  const listen = containers?.nodes === undefined ? '127.0.0.1' : '0.0.0.0';
  return `version: 1
providers:
  own:
    dialect: ${dialect}
    baseUrl: ${dialect === 'openai' ? `${base}/v1` : base}
    key: file:provider.key
    ca: ca.pem
${provider}models:
  default: { provider: own, model: real-1, price: { input: 3, output: 15 } }
${models}budget: { usd: 50, per: day }
egress:
  resolve: { ${agentProviderHost}: [${providerAddress}]${asks === undefined ? '' : `, ${asks.host}: [127.0.0.1]`} }
  unsafeAllowAddresses: ["${providerAt}"${asks === undefined ? '' : `, "127.0.0.1:${asks.port}"`}]
${asks === undefined ? '' : ruleText(asks)}ingress: { listen: "${listen}:${port}", origin: "https://localhost:${port}" }
sandbox: { backend: ${sandbox} }
${containers === undefined ? '' : driverText(containers)}${more ?? ''}`;
}

function driverText({ isolation, nodes }: AgentContainers): string {
  if (nodes === undefined) return `driver: docker\nisolation: ${isolation}\n`;
  // The kernels of the tests have no ESP.
  return `driver: swarm\nswarm: { nodes: ${JSON.stringify(nodes)}, encrypted: false }\n`;
}

function ruleText({ host, port }: NonNullable<AgentStackChoices['asks']>): string {
  return `  rules:\n    - { caller: gateway, hosts: [${host}], ports: [${port}] }\n`;
}

/**
 * As `./clincher` does once it has found Node. The environment holds nothing of the test runner's.
 */
export async function runClincher(
  args: readonly string[],
  dir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  await mkdir(join(dir, 'home'), { recursive: true });
  const child = spawn(process.execPath, [join(checkout, 'src/cli/main.ts'), ...args], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', ...env, HOME: join(dir, 'home') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const read = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      read[name] += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : 70, ...read };
}

function decisionsOf(log: string): readonly Record<string, unknown>[] {
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  const records = lines.map((line): Record<string, unknown> => JSON.parse(line));
  return records.filter(({ event }) => event === 'decision');
}
