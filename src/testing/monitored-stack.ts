// The application host's side of monitoring for tests: the roles of a plan that matter to it, in
// this process, on sockets and addresses where their jails would have them. The agent is a server
// that knows nobody.

import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { basename, join } from 'node:path';
import { roles } from '../cli/roles.ts';
import { makeSecrets } from '../cli/up/prepare.ts';
import { loadConfig } from '../config/load.ts';
import { systemWorld } from '../kit/world.ts';
import { openAdmin } from '../net/admin.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { ServicePlan } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';
import { standardTopology } from '../topology/standard.ts';
import { exampleMachine } from './example-machine.ts';
import { dialUnix, exchange, recordedTelemetry } from './wire.ts';

const started = ['egress', 'metrics', 'ingress', 'monitor-ingress'];

export interface MonitoredStack extends AsyncDisposable {
  /** llm asks egress for a host that no rule allows. */
  denyOnce(): Promise<void>;
}

/** `dir` holds clincher.yaml; its state directory is beside it. */
export async function startMonitoredStack(dir: string): Promise<MonitoredStack> {
  const { options } = await loadConfig(join(dir, 'clincher.yaml'));
  const topology = standardTopology(options);
  const stateDir = join(dir, '.clincher');
  await makeSecrets({ options, topology, findings: [], dir }, stateDir);
  const plan = makePlan(topology, exampleMachine());
  const stack = new AsyncDisposableStack();
  stack.use(await openAgent(socketOf(dir, 'ingress', 'gateway', 'http')));
  for (const name of started) {
    const service = plan.services.find((each) => each.name === name);
    if (service !== undefined) await startRole(service, dir, stateDir, stack);
  }
  const proxy = socketOf(dir, 'llm', 'egress', 'proxy');
  return {
    async denyOnce() {
      const ask =
        'CONNECT not-allowed.example:443 HTTP/1.1\r\nHost: not-allowed.example:443\r\n\r\n';
      await exchange(dialUnix(proxy), ask);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function socketOf(dir: string, from: string, to: string, port: string): string {
  return `${dir}/${from}--${to}.${port}`;
}

async function startRole(
  service: ServicePlan,
  dir: string,
  stateDir: string,
  stack: AsyncDisposableStack,
): Promise<void> {
  const [door] = service.inherits;
  const live = join(dir, `${service.name}.live`);
  await mkdir(live, { recursive: true });
  for (const { path, content } of service.live ?? []) {
    await writeFile(join(live, basename(path)), content);
  }
  const settings = JSON.stringify(service.settings)
    .replaceAll(/\/run\/clincher\/in\/([\w-]+)\.(\w+)\/sock/g, (_, from, port) =>
      socketOf(dir, from, service.name, port),
    )
    .replaceAll(/\/run\/clincher\/out\/([\w-]+)\.(\w+)\/sock/g, (_, to, port) =>
      socketOf(dir, service.name, to, port),
    )
    .replaceAll(inside.live, live)
    .replaceAll(inside.secrets, `${stateDir}/secrets/generated`)
    .replaceAll(`${inside.run}/facts`, `${stateDir}/services/metrics/state/facts`)
    .replace('fd:3', `tcp:${door?.host}:${door?.port}`);
  const raw = JSON.parse(settings);
  const ready = (await roles[service.role]?.())?.(raw);
  if (ready === undefined || !('start' in ready)) throw new Error(`${service.name}: ${settings}`);
  const telemetry = recordedTelemetry(service.name);
  const running = stack.use(await ready.start(systemWorld(), telemetry));
  stack.use(await openAdmin(raw.admin, running, telemetry));
}

async function openAgent(path: string): Promise<AsyncDisposable> {
  const server: Server = createServer((request, response) => {
    const isOpen = request.method === 'GET' && /^\/(healthz)?$/.test(request.url ?? '');
    response.writeHead(isOpen ? 200 : 401).end();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'));
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
