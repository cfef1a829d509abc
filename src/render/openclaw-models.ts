// The agent's one model provider: llm, at a port of its own loopback, with the models that llm
// knows.

import type { LlmRules } from '../roles/llm/settings.ts';
import type { Topology } from '../topology/model.ts';
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
  const model = defaultModel(topology);
  return model === null ? null : `${providerId}/${model}`;
}

/** Null where no model is declared: then the agent says that it has none. */
export function renderModels(topology: Topology): Json | null {
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
    // Which of its sessions a call is of, in a header: what a budget by session goes by.
    ...(dialect === 'openai' ? { compat: { sendSessionAffinityHeaders: true } } : {}),
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
