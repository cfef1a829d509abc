// The agent's own settings file (openclaw.json), generated from the topology and never edited by
// hand.

import type { IngressRules } from '../roles/ingress/settings.ts';
import type { AgentSettings, Topology } from '../topology/model.ts';
import { agentPorts } from '../topology/pins.ts';
import { agentKey, gatewayToken } from '../topology/secrets.ts';
import {
  defaultModelId,
  gatewayRun,
  type Json,
  renderModels,
  secretRef,
} from './openclaw-models.ts';
import { withOwnSettings } from './openclaw-own.ts';
import { quiet } from './openclaw-quiet.ts';
import { renderSandbox, type SandboxNames } from './openclaw-sandbox.ts';
import { deniedToolNames } from './openclaw-tools.ts';

/** Where the agent finds its things inside the jail. */
export interface AgentPaths {
  readonly secretsDir: string;
  readonly stateDir: string;
  readonly sandbox: SandboxNames;
}

/**
 * Source: the configuration reference in OpenClaw's package
 * (docs/gateway/configuration-reference.md). Secrets are references to files of one value each, so
 * that neither this file nor the environment holds one.
 */
export function renderOpenclaw(topology: Topology, paths: AgentPaths): Json {
  const own = gatewayRun(topology)?.settings;
  return withOwnSettings(stackSettings(topology, paths, own), own);
}

function stackSettings(
  topology: Topology,
  paths: AgentPaths,
  own: AgentSettings | undefined,
): Json {
  const models = renderModels(topology);
  const credentials = own?.secrets.map(({ name }) => name) ?? [];
  return {
    gateway: gateway(topology),
    secrets: {
      providers: {
        ...Object.fromEntries(
          [agentKey, gatewayToken, ...credentials].map((name) => [
            name,
            singleValueFile(`${paths.secretsDir}/${name}`),
          ]),
        ),
      },
    },
    ...(models === null ? {} : { models }),
    agents: { defaults: agentDefaults(topology, paths) },
    tools: {
      deny: deniedToolNames,
      // Elevated runs step out of the sandbox; here there is nowhere to step out to, nor should
      // there be.
      elevated: { enabled: false },
      web: { search: { enabled: false }, fetch: { enabled: false } },
    },
    // Its folder for temporary files is memory, and would take a hundred megabytes a day.
    logging: {
      level: 'info',
      file: `${paths.stateDir}/logs/openclaw.log`,
      maxFileBytes: 10_000_000,
    },
    ...proxy(topology),
    ...quiet,
  };
}

/** The one way out there may be: to the hosts declared for the agent. */
function proxy({ edges }: Topology): Json {
  const isThere = edges.some(({ from, to }) => from === 'gateway' && to === 'egress');
  if (!isThere) return {};
  return { proxy: { proxyUrl: `http://127.0.0.1:${agentPorts.egress}` } };
}

function singleValueFile(path: string): Json {
  return { source: 'file', path, mode: 'singleValue' };
}

function gateway(topology: Topology): Json {
  const origin = ingressRules(topology)?.origin;
  return {
    mode: 'local',
    port: agentPorts.gateway,
    bind: 'loopback',
    auth: { mode: 'token', token: secretRef(gatewayToken), allowTailscale: false },
    // The relay, the only one that can connect, hands on what ingress wrote about the client.
    trustedProxies: ['127.0.0.1', '::1'],
    allowRealIpFallback: false,
    ...(origin === undefined ? {} : { publicOrigin: origin }),
    controlUi: {
      ...(origin === undefined ? {} : { allowedOrigins: [origin] }),
      automaticallyFetchFavicons: false,
      communityInvite: false,
    },
    // Operator access by the gateway's token, over HTTP: the way in for programs.
    http: { endpoints: { chatCompletions: { enabled: true } } },
    // A shell in the browser is not something the agent needs to do its work.
    terminal: { enabled: false },
    tailscale: { mode: 'off' },
    // Other machines, their tools and their skills have no edge to come in by.
    nodes: {
      pairing: { sshVerify: false },
      pluginTools: { enabled: false },
      allowSkills: false,
    },
    cliAgents: { enabled: false },
    // The file is read-only and generated: another one means another start.
    reload: { mode: 'off' },
  };
}

function agentDefaults(topology: Topology, paths: AgentPaths): Json {
  const primary = defaultModelId(topology);
  return {
    workspace: `${paths.stateDir}/workspace`,
    ...(primary === null ? {} : { model: { primary } }),
    sandbox: renderSandbox(topology, paths.sandbox, paths.secretsDir),
  };
}

function ingressRules(topology: Topology): IngressRules | undefined {
  const run = topology.services
    .map((service) => service.run)
    .find(({ role }) => role === 'ingress');
  return run?.role === 'ingress' ? run.rules : undefined;
}
