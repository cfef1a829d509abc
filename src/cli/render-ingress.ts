// `clincher render nginx` and `render caddy`: what the program is told, for whoever runs it on this
// host in the place of the ingress, and tried by the program itself before anybody gets it.

import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { runChecks } from '../check/index.ts';
import { hostPaths } from '../host/host-paths.ts';
import { assert } from '../kit/assert.ts';
import { ClincherError } from '../kit/error.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { ServicePlan } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';
import { ingressKeysLost } from '../policy/ingress-programs.ts';
import { proxyPrograms } from '../roles/ingress/proxy/programs.ts';
import { tryFile } from '../roles/ingress/proxy/start.ts';
import {
  type IngressProgram,
  type IngressSettings,
  ingressLive,
  ingressSettings,
} from '../roles/ingress/settings.ts';
import type { IngressOptions } from '../topology/ingress-options.ts';
import { metricsToken } from '../topology/secrets.ts';
import { standardTopology } from '../topology/standard.ts';
import { readEnvironment } from './env.ts';
import { findingText } from './findings.ts';
import type { StackFlags } from './flags.ts';
import { withProgramVersion } from './ingress-program.ts';
import { ingressProgramsHere, thisMachine } from './installation.ts';
import { output } from './output.ts';
import { generatedStore } from './secrets/stores.ts';
import { type DeclaredStack, declareStack } from './stack.ts';

export interface RenderIngressFlags extends StackFlags {
  readonly out?: string;
}

/** In the place of a token, where it would be printed. */
const noToken = 'the-metrics-token';

/** @throws ClincherError `config-*`, `usage`, `secret-missing`, `program-missing` */
export async function renderIngress(
  name: IngressProgram,
  { out, ...flags }: RenderIngressFlags,
  stateDir: string,
): Promise<void> {
  const { options: said, dir } = await declareStack({ ...flags, driver: 'embedded' });
  refuseLost(name, said.ingress);
  const ingress = { ...said.ingress, program: { name, version: null } };
  const options = await withProgramVersion({ ...said, ingress });
  const topology = standardTopology(options);
  const { services } = makePlan(topology, thisMachine(options.agent.version, stateDir));
  const plan = services.find((service) => service.name === 'ingress');
  assert(plan !== undefined, 'there is an ingress');
  const settings = outside(plan, { options, topology, findings: [], dir }, stateDir);
  const version = options.ingress.program?.version ?? null;
  if (version === null) {
    throw new ClincherError('program-missing', `${name} is not here to try its file`, {
      fix: `Install it: sudo apt-get install ${name}`,
    });
  }
  const folder = resolve(readEnvironment().cwd, out ?? name);
  const token = out === undefined ? noToken : await readToken(stateDir);
  const text = proxyPrograms[name].render({
    ...{ settings, folder, version, isRoot: readEnvironment().uid === 0 },
    live: ingressLive.parse(JSON.parse(plan.live?.[0]?.content ?? '{}')),
    tokens: new Map([['/metrics', token]]),
  });
  for (const finding of runChecks(topology)) {
    if (finding.id === 'ingress-program')
      for (const line of findingText(finding)) output.note(line);
  }
  if (out === undefined) return output.line(text.trimEnd());
  await writeTried(name, text, folder, settings);
  const { configName, runArgv } = proxyPrograms[name];
  const file = join(out, configName);
  output.line(`wrote ${file}; ${name} ${version} finds nothing wrong with it. To run it:`);
  output.line(`  ${name} ${runArgv(join(folder, configName)).join(' ')}`);
}

function refuseLost(name: IngressProgram, { limits, rate }: IngressOptions): void {
  const said = { ...limits, ...(rate ? { rate } : {}) };
  for (const [key, why] of Object.entries(ingressKeysLost[name])) {
    if (!Object.hasOwn(said, key.replace(/^limits\./, ''))) continue;
    throw new ClincherError('usage', `ingress.${key} says nothing to ${name}: ${why}`, {
      fix: 'Take it out of the file that this is rendered from.',
    });
  }
}

/** The same paths as the host has them: the sockets of its edges, the files of its secrets. */
function outside(
  plan: ServicePlan,
  { options, topology }: DeclaredStack,
  stateDir: string,
): IngressSettings {
  const settings = ingressSettings.parse(plan.settings);
  const secret = (path: string): string => {
    const name = path.slice(inside.secrets.length + 1);
    const source = topology.secrets.find((each) => each.name === name)?.source;
    return source?.kind === 'file' ? source.path : join(generatedStore(stateDir).dir, name);
  };
  const socket = (address: string) => {
    const folder = dirname(address.slice('unix:'.length));
    const edge = plan.dials.find((each) => each.folder === folder)?.edge ?? '';
    return `unix:${join(hostPaths(stateDir).edge(edge), 'sock')}`;
  };
  const { host, port } = options.ingress.listen;
  const listen = `tcp:${host.includes(':') ? `[${host}]` : host}:${port}`;
  const { certFile, keyFile, clientCaFile } = settings.tls;
  return {
    ...settings,
    listen: settings.listen.map((each) => ({ ...each, address: listen })),
    tls: {
      ...{ certFile: secret(certFile), keyFile: secret(keyFile) },
      ...(clientCaFile === undefined ? {} : { clientCaFile: secret(clientCaFile) }),
    },
    routes: settings.routes.map((route) => ({ ...route, to: socket(route.to) })),
  };
}

async function readToken(stateDir: string): Promise<string> {
  const token = await generatedStore(stateDir).read(metricsToken);
  if (token !== null) return token.reveal().trim();
  throw new ClincherError('secret-missing', 'the token of the metrics is not made yet', {
    fix: 'Bring the stack up once: clincher up',
  });
}

/** It holds a token, so nobody else reads it. */
async function writeTried(
  name: IngressProgram,
  text: string,
  folder: string,
  settings: IngressSettings,
): Promise<void> {
  const program = proxyPrograms[name];
  const file = join(folder, program.configName);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const tried = `${file}.new`;
  await writeFile(tried, text, { mode: 0o600 });
  const fault = await tryFile(program, ingressProgramsHere()[name], tried, settings);
  if (fault === null) return rename(tried, file);
  await rm(tried);
  throw new ClincherError('usage', `${name} refuses what it would be told: ${fault}`, {
    fix: 'Its certificate and its services are there once the stack has been up: clincher up',
  });
}
