// The agent's own settings file (openclaw.json), generated from the topology and never edited by hand.

import type { IngressRules } from '../roles/ingress/settings.ts';
import type { LlmRules } from '../roles/llm/settings.ts';
import type { Topology } from '../topology/model.ts';
import { agentPorts } from '../topology/pins.ts';
import { agentKey, gatewayToken } from '../topology/secrets.ts';
import { quiet } from './openclaw-quiet.ts';
import { deniedToolNames } from './openclaw-tools.ts';

/** Where the agent finds its things inside the jail. */
export interface AgentPaths {
  readonly secretsDir: string;
  readonly stateDir: string;
}

export type Json = Readonly<Record<string, unknown>>;

/**
 * Source: the configuration reference in OpenClaw's package (docs/gateway/configuration-reference.md). Secrets
 * are references to files of one value each, so that neither this file nor the environment holds one.
 */
export function renderOpenclaw(topology: Topology, paths: AgentPaths): Json {
  const models = modelProvider(topology);
  return {
    gateway: gateway(topology),
    secrets: {
      providers: {
        [agentKey]: singleValueFile(`${paths.secretsDir}/${agentKey}`),
        [gatewayToken]: singleValueFile(`${paths.secretsDir}/${gatewayToken}`),
      },
    },
    ...(models === null ? {} : { models }),
    agents: { defaults: agentDefaults(topology, paths) },
    tools: {
      deny: deniedToolNames,
      // Elevated runs step out of the sandbox; here there is nowhere to step out to, nor should there be.
      elevated: { enabled: false },
      web: { search: { enabled: false }, fetch: { enabled: false } },
    },
    // Its folder for temporary files is memory, and would take a hundred megabytes a day.
    logging: {
      level: 'info',
      file: `${paths.stateDir}/logs/openclaw.log`,
      maxFileBytes: 10_000_000,
    },
    ...quiet,
  };
}

const providerId = 'clincher';

function singleValueFile(path: string): Json {
  return { source: 'file', path, mode: 'singleValue' };
}

function secretRef(name: string): Json {
  return { source: 'file', provider: name, id: 'value' };
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
  const model = defaultModel(topology);
  return {
    workspace: `${paths.stateDir}/workspace`,
    ...(model === null ? {} : { model: { primary: `${providerId}/${model}` } }),
    sandbox: { mode: 'off' },
    // A model call every half hour that nobody asked for.
    heartbeat: { every: '0m' },
  };
}

function modelProvider(topology: Topology): Json | null {
  const rules = llmRules(topology);
  const llm = rules?.models.find(({ name }) => name === defaultModel(topology));
  if (rules === undefined || llm === undefined) return null;
  return {
    // Only what is declared: no catalogue of other providers, none fetched.
    mode: 'replace',
    catalogRefresh: { enabled: false },
    providers: {
      [providerId]: {
        ...endpoint(dialectOf(rules, llm.name)),
        apiKey: secretRef(agentKey),
        models: rules.models.map(({ name }) => modelEntry(rules, name)),
      },
    },
  };
}

/** The Anthropic client adds `/v1/messages` to its base, the OpenAI client `/chat/completions`. */
function endpoint(dialect: 'anthropic' | 'openai'): Json {
  const base = `http://127.0.0.1:${agentPorts.llm}`;
  return dialect === 'anthropic'
    ? { baseUrl: base, api: 'anthropic-messages' }
    : { baseUrl: `${base}/v1`, api: 'openai-completions' };
}

function modelEntry(rules: LlmRules, name: string): Json {
  const deployments = rules.models.find((model) => model.name === name)?.deployments ?? [];
  const [first] = deployments;
  const dialect = dialectOf(rules, name);
  // USD per million tokens; nano-dollars per token are thousandths of that.
  const price = (nanoUsd: number | undefined) => (nanoUsd ?? 0) / 1_000;
  return {
    id: name,
    name,
    ...endpoint(dialect),
    reasoning: false,
    input: dialect === 'anthropic' ? ['text', 'image'] : ['text'],
    cost: {
      input: price(first?.price?.inputNanoUsd),
      output: price(first?.price?.outputNanoUsd),
      cacheRead: price(first?.price?.cacheReadNanoUsd),
      cacheWrite: price(first?.price?.cacheWriteNanoUsd),
    },
    // What a fallback could not take, the first must not be sent.
    contextWindow: dialect === 'anthropic' ? 200_000 : 128_000,
    maxTokens: Math.min(...deployments.map(({ outputTokensMax }) => outputTokensMax)),
  };
}

function dialectOf(rules: LlmRules, model: string): 'anthropic' | 'openai' {
  const deployment = rules.models.find(({ name }) => name === model)?.deployments[0];
  const provider = rules.providers.find(({ name }) => name === deployment?.provider);
  return provider?.dialect ?? 'openai';
}

function defaultModel(topology: Topology): string | null {
  const run = topology.services
    .map((service) => service.run)
    .find(({ role }) => role === 'gateway');
  return run?.role === 'gateway' ? run.defaultModel : null;
}

function llmRules(topology: Topology): LlmRules | undefined {
  const run = topology.services.map((service) => service.run).find(({ role }) => role === 'llm');
  return run?.role === 'llm' ? run.rules : undefined;
}

function ingressRules(topology: Topology): IngressRules | undefined {
  const run = topology.services
    .map((service) => service.run)
    .find(({ role }) => role === 'ingress');
  return run?.role === 'ingress' ? run.rules : undefined;
}
