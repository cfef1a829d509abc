// How LiteLLM routes, as our settings: strategy, retries, fallbacks, cooldown, deadlines. What
// stands in `router_settings` goes before the same key in `litellm_settings`, as there.

import * as z from 'zod';
import type { KeyPath } from '../../kit/located/problem.ts';
import { type Reader, unknownName } from '../../kit/located/reader.ts';
import { msOf } from './values.ts';

const count = z.int().min(0).max(10);
const strategyOf: Readonly<Record<string, string>> = {
  'simple-shuffle': 'simple-shuffle',
  'least-busy': 'least-busy',
  'usage-based-routing': 'usage',
  'usage-based-routing-v2': 'usage',
  'latency-based-routing': 'latency',
  'cost-based-routing': 'cost',
};
const classOf: Readonly<Record<string, string>> = {
  AuthenticationErrorRetries: 'auth',
  TimeoutErrorRetries: 'timeout',
  RateLimitErrorRetries: 'rate-limit',
  ContentPolicyViolationErrorRetries: 'content-policy',
  InternalServerErrorRetries: 'server-error',
  BadRequestErrorRetries: 'bad-request',
};
/** What num_retries covers there: whatever another try could mend. */
const retried = ['timeout', 'unreachable', 'rate-limit', 'server-error'];
/** Each is how deployments of one conversation are kept together, which they are anyway. */
const checksMet = [
  'prompt_caching',
  'responses_api_deployment_check',
  'encrypted_content_affinity',
  'deployment_affinity',
  'session_affinity',
  'router_budget_limiting',
] as const;

export interface ReadRouting {
  /** Settings of every model. */
  readonly shared: Readonly<Record<string, unknown>>;
  readonly routing: Readonly<Record<string, unknown>>;
  readonly parallelMax: number | null;
  of(model: string): Readonly<Record<string, unknown>>;
}

export function readRouting(reader: Reader, models: readonly string[]): ReadRouting {
  const routing = new Routing(reader, models);
  return routing.read();
}

class Routing {
  readonly #reader: Reader;
  readonly #models: readonly string[];

  constructor(reader: Reader, models: readonly string[]) {
    this.#reader = reader;
    this.#models = models;
  }

  read(): ReadRouting {
    const general = this.#fallbacks('fallbacks');
    const contextWindow = this.#fallbacks('context_window_fallbacks');
    const contentPolicy = this.#fallbacks('content_policy_fallbacks');
    const aliases = this.#aliases();
    const policies = this.#groupPolicies();
    const defaults = [...(general.get('*') ?? []), ...this.#names('default_fallbacks')];
    this.#checks();
    return {
      shared: this.#shared(),
      routing: {
        ...this.#given('max_fallbacks', z.int().min(0).max(32), 'fallbacksMax'),
        ...(defaults.length === 0 ? {} : { defaultFallbacks: defaults }),
        ...this.#duration('retry_after', 'retryWaitMs'),
        ...this.#duration('deployment_affinity_ttl_seconds', 'affinityMs'),
      },
      parallelMax:
        this.#value('default_max_parallel_requests', z.int().positive()) ??
        this.#read(['general_settings', 'max_parallel_requests'], z.int().positive()),
      of: (model) => ({
        aliases: aliases.get(model) ?? [],
        fallbacks: {
          general: general.get(model) ?? [],
          contextWindow: contextWindow.get(model) ?? [],
          contentPolicy: contentPolicy.get(model) ?? [],
        },
        ...(policies.has(model) ? { retries: policies.get(model) } : {}),
      }),
    };
  }

  #shared(): Record<string, unknown> {
    const strategy = this.#value('routing_strategy', z.enum(Object.keys(strategyOf)));
    const tries = this.#value('num_retries', count);
    const policy = this.#read(['router_settings', 'retry_policy'], policySchema);
    const retries = {
      ...(tries === null ? {} : Object.fromEntries(retried.map((name) => [name, tries]))),
      ...classesOf(policy),
    };
    const isOff = this.#value('disable_cooldowns', z.boolean()) === true;
    const fails = this.#value('allowed_fails', z.int().min(0).max(1_000_000));
    return {
      ...(strategy === null ? {} : { strategy: strategyOf[strategy] }),
      // A call that timed out may have been billed; there it is made again all the same.
      ...('timeout' in retries ? { retryBilled: true } : {}),
      ...(Object.keys(retries).length === 0 ? {} : { retries }),
      cooldown: {
        // There a deployment rests when it fails more often than allowed; 0 would be never here.
        ...(isOff ? { failuresMax: 0 } : fails === null ? {} : { failuresMax: fails + 1 }),
        ...this.#duration('cooldown_time', 'ms'),
      },
      ...this.#duration('timeout', 'attemptMs', 'request_timeout'),
      ...this.#duration('stream_timeout', 'firstByteMs'),
    };
  }

  /** A list of maps with one key each, from a model to those tried after it. */
  #fallbacks(key: string): Map<string, string[]> {
    const found = new Map<string, string[]>();
    const path = this.#pathOf(key);
    if (path === null) return found;
    for (let index = 0; index < this.#reader.count(path, 1_000); index += 1) {
      const entry = this.#read([...path, index], z.record(z.string(), z.array(z.string()).max(32)));
      for (const [model, names] of Object.entries(entry ?? {})) {
        const at = [...path, index, model];
        if (model !== '*') this.#check(model, at);
        for (const name of names) this.#check(name, at);
        found.set(model, [...(found.get(model) ?? []), ...names]);
      }
    }
    return found;
  }

  #names(key: string): readonly string[] {
    const path = this.#pathOf(key);
    const names = path === null ? null : this.#read(path, z.array(z.string()).max(32));
    for (const name of names ?? []) this.#check(name, path ?? []);
    return names ?? [];
  }

  #aliases(): Map<string, string[]> {
    const aliases = new Map<string, string[]>();
    for (const path of [
      ['router_settings', 'model_group_alias'],
      ['litellm_settings', 'model_alias_map'],
    ]) {
      const target = z.union([
        z.string(),
        z.strictObject({ model: z.string(), hidden: z.boolean().optional() }),
      ]);
      const map = this.#read(path, z.record(z.string().min(1), target));
      for (const [alias, to] of Object.entries(map ?? {})) {
        const model = typeof to === 'string' ? to : to.model;
        this.#check(model, [...path, alias]);
        aliases.set(model, [...(aliases.get(model) ?? []), alias]);
      }
    }
    return aliases;
  }

  #groupPolicies(): Map<string, Record<string, number>> {
    const path = ['router_settings', 'model_group_retry_policy'];
    const map = this.#read(path, z.record(z.string(), policySchema));
    for (const model of Object.keys(map ?? {})) this.#check(model, [...path, model]);
    return new Map(Object.entries(map ?? {}).map(([model, policy]) => [model, classesOf(policy)]));
  }

  #checks(): void {
    this.#read(['router_settings', 'optional_pre_call_checks'], z.array(z.enum(checksMet)));
  }

  #check(model: string, path: KeyPath): void {
    if (!this.#models.includes(model))
      this.#reader.add(path, unknownName('model', model, this.#models));
  }

  /** Where a key stands that both sections know; null where it does in neither. */
  #pathOf(key: string): KeyPath | null {
    const paths = [
      ['router_settings', key],
      ['litellm_settings', key],
    ];
    return paths.find((path) => (this.#reader.valueAt(path) ?? null) !== null) ?? null;
  }

  #value<T>(key: string, schema: z.ZodType<T>): T | null {
    const path = this.#pathOf(key);
    return path === null ? null : this.#read(path, schema);
  }

  #given(key: string, schema: z.ZodType<number>, name: string): Record<string, number> {
    const value = this.#value(key, schema);
    return value === null ? {} : { [name]: value };
  }

  #duration(key: string, name: string, other = key): Record<string, number> {
    const path = this.#pathOf(key) ?? this.#pathOf(other);
    if (path === null) return {};
    const value = this.#reader.valueAt(path);
    // A wait of nothing is a wait.
    const ms = value === 0 && name === 'retryWaitMs' ? 0 : msOf(value);
    if (ms === null) this.#reader.add(path, 'must be seconds');
    return ms === null ? {} : { [name]: name === 'retryWaitMs' ? Math.min(ms, 60_000) : ms };
  }

  #read<T>(path: KeyPath, schema: z.ZodType<T>): T | null {
    if ((this.#reader.valueAt(path) ?? null) === null) return null;
    return this.#reader.read(path, schema) ?? null;
  }
}

const policySchema = z.strictObject(
  Object.fromEntries(Object.keys(classOf).map((name) => [name, count.nullish()])),
);

function classesOf(policy: Readonly<Record<string, unknown>> | null): Record<string, number> {
  return Object.fromEntries(
    Object.entries(policy ?? {}).flatMap(([name, tries]) =>
      typeof tries === 'number' ? [[classOf[name] ?? name, tries]] : [],
    ),
  );
}
