// The agent's one model provider: llm, at a port of its own loopback, with the models that llm
// knows.

import type { LlmRules } from '../roles/llm/settings.ts';
import type { AgentApi, Run, Topology } from '../topology/model.ts';
import { agentPorts } from '../topology/pins.ts';
import { agentKey } from '../topology/secrets.ts';

export type Json = Readonly<Record<string, unknown>>;

const providerId = 'clincher';

/** A reference to a file of one value: the settings file and the environment hold no secret. */
export function secretRef(name: string): Json {
  return { source: 'file', provider: name, id: 'value' };
}

/** `clincher/claude`, or null where no model is declared. */
export function defaultModelId(topology: Topology): string | null {
  const model = gatewayRun(topology)?.defaultModel ?? null;
  return model === null ? null : modelId(model);
}

/** As the agent names a model of the stack. */
export function modelId(name: string): string {
  return `${providerId}/${name}`;
}

/** Null where no model is declared: then the agent says that it has none. */
export function renderModels(topology: Topology): Json | null {
  const rules = llmRules(topology);
  const llm = rules?.models.find(({ name }) => name === gatewayRun(topology)?.defaultModel);
  if (rules === undefined || llm === undefined) return null;
  const apis = gatewayRun(topology)?.apis ?? {};
  return {
    // Only what is declared: no catalogue of other providers, none fetched.
    mode: 'replace',
    catalogRefresh: { enabled: false },
    providers: {
      [providerId]: {
        ...endpoint(apiOf(rules, llm.name, apis)),
        apiKey: secretRef(agentKey),
        models: rules.models.map(({ name }) => modelEntry(rules, name, apiOf(rules, name, apis))),
      },
    },
  };
}

/** The Anthropic client adds `/v1/messages` to its base, the OpenAI client `/chat/completions`. */
function endpoint(api: AgentApi): Json {
  const base = `http://127.0.0.1:${agentPorts.llm}`;
  return { baseUrl: api === 'messages' ? base : `${base}/v1`, api: itsNames[api] };
}

/** What the agent calls the APIs. */
const itsNames: Readonly<Record<AgentApi, string>> = {
  chat: 'openai-completions',
  responses: 'openai-responses',
  messages: 'anthropic-messages',
};

/** What makes it say which of its sessions a call is of: a budget by session goes by that. */
const saysSession = {
  chat: 'sendSessionAffinityHeaders',
  responses: 'supportsPromptCacheKey',
  // There it does so in any case.
  messages: null,
} as const satisfies Readonly<Record<AgentApi, string | null>>;

function modelEntry(rules: LlmRules, name: string, api: AgentApi): Json {
  const deployments = rules.models.find((model) => model.name === name)?.deployments ?? [];
  const [first] = deployments;
  const dialect = dialectOf(rules, name);
  // USD per million tokens; nano-dollars per token are thousandths of that.
  const price = (nanoUsd: number | undefined) => (nanoUsd ?? 0) / 1_000;
  return {
    id: name,
    name,
    ...endpoint(api),
    reasoning: false,
    ...(saysSession[api] === null ? {} : { compat: { [saysSession[api]]: true } }),
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

function apiOf(rules: LlmRules, model: string, apis: Readonly<Record<string, AgentApi>>): AgentApi {
  return apis[model] ?? (dialectOf(rules, model) === 'anthropic' ? 'messages' : 'chat');
}

function dialectOf(rules: LlmRules, model: string): 'anthropic' | 'openai' {
  const deployment = rules.models.find(({ name }) => name === model)?.deployments[0];
  const provider = rules.providers.find(({ name }) => name === deployment?.provider);
  return provider?.dialect ?? 'openai';
}

export function gatewayRun(topology: Topology): Extract<Run, { role: 'gateway' }> | undefined {
  const run = topology.services
    .map((service) => service.run)
    .find(({ role }) => role === 'gateway');
  return run?.role === 'gateway' ? run : undefined;
}

function llmRules(topology: Topology): LlmRules | undefined {
  const run = topology.services.map((service) => service.run).find(({ role }) => role === 'llm');
  return run?.role === 'llm' ? run.rules : undefined;
}
