// The providers, models and budget of llm as the config.yaml of LiteLLM, with the rest of the file
// as the reference has it: answers of similar questions from Redis, by Voyage's embeddings.

import { ClincherError } from '../../kit/error.ts';
import type { LlmRules } from '../../roles/llm/settings.ts';
import type { Topology } from '../../topology/model.ts';

export interface LitellmFile {
  readonly config: object;
  /** Of its environment: what it reads its keys from. */
  readonly variables: readonly string[];
}

type Provider = LlmRules['providers'][number];

/** What LiteLLM calls them, before the slash of a model. */
const names: Readonly<Record<string, string>> = {
  ...{ anthropic: 'anthropic', openai: 'openai', gemini: 'gemini', mistral: 'mistral' },
  ...{ groq: 'groq', xai: 'xai', deepseek: 'deepseek', openrouter: 'openrouter' },
  ...{ together: 'together_ai', fireworks: 'fireworks_ai', cerebras: 'cerebras' },
  ...{ voyage: 'voyage', cohere: 'cohere' },
};

/**
 * Which the reference has, and asks for, whatever its models are. By the name that it has in the
 * reference, `voyage-cache-embed`, LiteLLM does not start: it asks before it knows its list.
 */
export const embedding = {
  ...{ name: 'voyage/voyage-3-lite', variable: 'VOYAGE_API_KEY', host: 'api.voyageai.com' },
} as const;

const masterVariable = 'LITELLM_MASTER_KEY';
const windows: Readonly<Record<string, string>> = {
  ...{ hour: '1h', day: '1d', week: '7d', month: '30d' },
};

/** @throws ClincherError `usage` */
export function litellmConfig({ services }: Topology): LitellmFile {
  const [rules] = services.flatMap(({ run }) => (run.role === 'llm' ? [run.rules] : []));
  const providers = new Map(rules?.providers.map((each) => [each.name, each]));
  const models = (rules?.models ?? []).flatMap(({ name, deployments }) =>
    deployments.flatMap(({ provider, model }) => {
      const found = providers.get(provider);
      return found === undefined ? [] : [modelOf(name, model, found)];
    }),
  );
  const keys = [...providers.values()].flatMap(({ key, name, keyHint }) =>
    key === null ? [] : [variableOf(name, keyHint)],
  );
  return {
    variables: [...new Set([masterVariable, ...keys, embedding.variable])],
    config: {
      model_list: [...models, { model_name: embedding.name, litellm_params: embeddingOf() }],
      general_settings: { master_key: fromEnvironment(masterVariable) },
      litellm_settings: {
        ...budgetOf(rules?.budgets ?? []),
        ...{ cache: true, cache_params: cacheOf() },
        ...{ service_callbacks: ['prometheus'], json_logs: true },
        turn_off_message_logging: true,
      },
      router_settings: {
        ...{ num_retries: 2, retry_after: 5, routing_strategy: 'usage-based-routing-v2' },
        enable_pre_call_checks: true,
      },
    },
  };
}

function modelOf(name: string, model: string, provider: Provider): object {
  const { dialect, kind, baseUrl, key, keyHint } = provider;
  const own = names[kind ?? ''];
  // What speaks another's API elsewhere is named by the API, with the place beside it.
  const isLike = kind === null || kind.endsWith('-compatible');
  if (own === undefined && !isLike) throw unknown(provider);
  const place = dialect === 'openai' ? `${baseUrl}/v1` : baseUrl;
  return {
    model_name: name,
    litellm_params: {
      model: `${own ?? dialect}/${model}`,
      ...(own === undefined ? { api_base: place } : {}),
      ...(key === null ? {} : { api_key: fromEnvironment(variableOf(provider.name, keyHint)) }),
    },
  };
}

function unknown({ name, kind }: Provider): ClincherError {
  return new ClincherError('usage', `${name} (${kind}) has no plain place in LiteLLM's file`, {
    fix: 'Leave it out of the file that this is rendered from, and add it there by hand.',
  });
}

/** As the user named it, or by the provider's name where it is kept elsewhere. */
function variableOf(provider: string, keyHint: string): string {
  const [, variable] = /^env:(\w+)$/.exec(keyHint) ?? [];
  return variable ?? `${provider.toUpperCase().replaceAll(/\W/g, '_')}_API_KEY`;
}

function fromEnvironment(variable: string): string {
  return `os.environ/${variable}`;
}

function embeddingOf(): object {
  return { model: embedding.name, api_key: fromEnvironment(embedding.variable) };
}

/** It has one for all, over a window: the first that is. */
function budgetOf(budgets: LlmRules['budgets']): object {
  const found = budgets.find(({ by, window }) => by === 'all' && String(window) in windows);
  if (found === undefined) return {};
  const max_budget = found.limitNanoUsd / 1e9;
  return { max_budget, budget_duration: windows[String(found.window)] };
}

function cacheOf(): object {
  return {
    ...{ type: 'redis-semantic', host: 'openclaw-redis', port: 6_379, ttl: 3_600 },
    ...{ similarity_threshold: 0.8, redis_semantic_cache_embedding_model: embedding.name },
    supported_call_types: ['acompletion', 'atext_completion'],
  };
}
