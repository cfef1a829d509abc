// What llm is told of providers, models, keys and the budget; in a demonstration every model is the
// demo's.

import { formatPlace } from '../kit/place.ts';
import { type LlmRules, llmRules } from '../roles/llm/settings.ts';
import type { EmbeddingOptions, ModelOptions, RedisOptions, StackOptions } from './options.ts';
import {
  agentKey,
  alarmAddresses,
  masterKey,
  providerKey,
  redisPassword,
  secretMarks,
  virtualKey,
} from './secrets.ts';

/** Where llm finds the model of its cache that is a file, and what runs it. */
export const embeddingTargets = {
  model: '/run/clincher/embedding/model.onnx',
  vocabulary: '/run/clincher/embedding/vocab.txt',
} as const;
export const onnxRuntimeTarget = '/opt/onnxruntime';

export const demoProvider = 'demo';
/** Nobody is paid for a made-up answer, and what has no price would be refused. */
const free = { inputNanoUsd: 0, outputNanoUsd: 0 };

export function llmRulesOf(options: StackOptions): LlmRules {
  return llmRules.parse({
    providers: options.demo
      ? [demo()]
      : options.providers.map((provider) => ({
          name: provider.name,
          dialect: provider.dialect,
          baseUrl: provider.baseUrl,
          key: provider.key === null ? null : providerKey(provider.name),
          keyHint: provider.keyText,
          ...(provider.kind === undefined ? {} : { kind: provider.kind }),
          ...(provider.options === undefined ? {} : { options: provider.options }),
        })),
    models: modelsOf(options),
    ...(options.routing === undefined || options.demo ? {} : { routing: options.routing }),
    keys: keysOf(options),
    // What runs at a provider reaches what no edge declares.
    guards: { providerTools: 'refuse', ...options.guards, marks: secretMarks },
    alarms: { webhook: alarmAddresses(options)[0]?.name ?? null },
    // Without a declared budget nothing may be spent.
    budgets: options.budgets.map(({ at, ...budget }) => ({ ...budget, at: formatPlace(at) })),
    rates: options.limits.map(({ at, ...limit }) => ({ ...limit, at: formatPlace(at) })),
    masterKey,
    litellmMetrics: options.litellmMetrics === true,
    redis: options.redis === undefined || options.demo ? null : redisOf(options.redis),
    cache: cacheOf(options),
  });
}

function redisOf({ where, password, at: _, ...rest }: RedisOptions) {
  // Egress lets nothing through that is not TLS to the name that was asked for.
  const url =
    'service' in where ? `redis://${where.service}` : `rediss://${where.host}:${where.port}`;
  return { ...rest, url, password: password === null ? null : redisPassword };
}

function cacheOf({ cache, demo: isDemo }: StackOptions) {
  if (cache === undefined) return null;
  const { at, embedding, store, ...rest } = cache;
  return {
    ...rest,
    // A demonstration shares nothing with anybody.
    ...(store === undefined || isDemo ? {} : { store: { kind: store } }),
    ...(embedding === undefined ? {} : { embedding: insideOf(embedding) }),
    at: formatPlace(at),
  };
}

/** Of the user's own files only these two are seen there, at paths that say nothing of the host. */
function insideOf(embedding: EmbeddingOptions) {
  if (embedding.kind === 'model') return embedding;
  return { ...embedding, ...embeddingTargets, runtime: onnxRuntimeTarget };
}

/** The agent has its key whether the file says something of it or not. */
function keysOf({ keys = [] }: StackOptions) {
  const agent = { name: 'agent', secret: agentKey, caller: 'gateway', models: null };
  const declared = keys.map(({ name, service, source, models }) => ({
    ...{ name, caller: service, models },
    secret: source === null ? agentKey : virtualKey(name),
  }));
  return keys.some(({ source }) => source === null) ? declared : [agent, ...declared];
}

function modelsOf(options: StackOptions) {
  if (!options.demo)
    return options.models.map(({ name, deployments, more }) => ({
      name,
      ...more,
      deployments: deployments.map(({ outputTokensMax, more: said, ...deployment }) => ({
        ...deployment,
        ...said,
        ...(outputTokensMax === null ? {} : { outputTokensMax }),
      })),
    }));
  const names = options.models.length === 0 ? ['demo'] : options.models.map(nameOf);
  return names.map((name) => ({
    name,
    deployments: [{ provider: demoProvider, model: name, price: free }],
  }));
}

function demo() {
  return {
    name: demoProvider,
    dialect: 'openai',
    baseUrl: 'http://demo',
    key: null,
    keyHint: '',
  };
}

function nameOf(model: ModelOptions): string {
  return model.name;
}
