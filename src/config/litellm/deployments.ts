// `model_list` of a LiteLLM config.yaml: each entry one deployment of a model, at a provider that
// entries with the same address and key share.

import * as z from 'zod';
import type { KeyPath } from '../../kit/located/problem.ts';
import type { Reader } from '../../kit/located/reader.ts';
import { listAddress } from '../known-providers.ts';
import { holdToRules } from './key-rules.ts';
import { litellmParams, modelInfo } from './model-keys.ts';
import {
  type NamedModel,
  type NamedProvider,
  providerNames,
  splitModel,
} from './provider-names.ts';
import { msOf, nanoUsdPerToken, type SecretValue, secretValue } from './values.ts';

const entriesMax = 2_000;
const text = z.string().min(1).max(2_000);
const count = z.int().positive();
const scalar = z.union([z.string(), z.number()]);

export interface ReadProvider {
  readonly name: string;
  readonly known: NamedProvider;
  /** LiteLLM's name for the kind of provider, as budgets name it. */
  readonly litellmName: string;
  readonly baseUrl: string;
  readonly secret: SecretValue | null;
  readonly options: Readonly<Record<string, string>>;
}

export interface ReadDeployment {
  readonly path: KeyPath;
  readonly modelName: string;
  readonly provider: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly retries: number | null;
  readonly budget: { readonly usd: unknown; readonly duration: string | null } | null;
}

export interface ReadModels {
  readonly providers: readonly ReadProvider[];
  readonly deployments: readonly ReadDeployment[];
}

export function readModelList(reader: Reader, without: ReadonlySet<string>): ReadModels {
  const path = ['model_list'];
  const size = reader.count(path, entriesMax);
  if (size === 0) reader.add(path, 'must list one model at least');
  const providers = new Map<string, ReadProvider>();
  const deployments: ReadDeployment[] = [];
  for (let index = 0; index < size; index += 1) {
    const entry = new Entry(reader, [...path, index], without);
    const read = entry.read(providers);
    if (read !== null) deployments.push(read);
  }
  return { providers: [...providers.values()], deployments };
}

class Entry {
  readonly #reader: Reader;
  readonly #path: KeyPath;
  readonly #without: ReadonlySet<string>;

  constructor(reader: Reader, path: KeyPath, without: ReadonlySet<string>) {
    this.#reader = reader;
    this.#path = path;
    this.#without = without;
  }

  read(providers: Map<string, ReadProvider>): ReadDeployment | null {
    const reader = this.#reader;
    reader.refuseUnknown(this.#path, ['model_name', 'litellm_params', 'model_info']);
    holdToRules(reader, [...this.#path, 'litellm_params'], litellmParams, this.#without);
    holdToRules(reader, [...this.#path, 'model_info'], modelInfo, this.#without);
    this.#checkMode();
    const modelName = this.#required(['model_name']);
    const model = this.#required(['litellm_params', 'model']);
    if (modelName === null || model === null) return null;
    const split = splitModel(model, this.#param('custom_llm_provider', text));
    if (split === null) {
      const names = Object.keys(providerNames).join(', ');
      reader.add([...this.#path, 'litellm_params', 'model'], `names no known provider (${names})`);
      return null;
    }
    const provider = this.#provider(split.provider, providers);
    if (provider === null) return null;
    const usd = this.#reader.valueAt([...this.#path, 'litellm_params', 'max_budget']);
    return {
      path: this.#path,
      modelName,
      provider: provider.name,
      settings: { ...this.#settings(provider.name, split.model), listed: this.#listed(split) },
      retries:
        this.#param('max_retries', z.int().min(0).max(10)) ??
        this.#param('num_retries', z.int().min(0).max(10)),
      budget: usd === undefined ? null : { usd, duration: this.#param('budget_duration', text) },
    };
  }

  /** Images, sound and the like are other APIs. */
  #checkMode(): void {
    const modes = ['chat', 'completion', 'embedding', 'responses'] as const;
    this.#reader.read([...this.#path, 'model_info', 'mode'], z.enum(modes));
  }

  #provider(litellmName: string, providers: Map<string, ReadProvider>): ReadProvider | null {
    const known = providerNames[litellmName];
    if (known === undefined) return null;
    const baseUrl = this.#baseUrl(known);
    if (baseUrl === null) return null;
    const secret = this.#secret(known);
    const options = this.#options();
    const same = [...providers.values()].find(
      (other) => key(other) === key({ known, baseUrl, secret, options }),
    );
    if (same !== undefined) return same;
    const taken = [...providers.values()].filter((other) => other.litellmName === litellmName);
    const name = taken.length === 0 ? litellmName : `${litellmName}-${taken.length + 1}`;
    const provider = { name, known, litellmName, baseUrl, secret, options };
    providers.set(name, provider);
    return provider;
  }

  #baseUrl(known: NamedProvider): string | null {
    const given = this.#param('api_base', text) ?? this.#param('base_url', text) ?? known.baseUrl;
    const regional = given ?? this.#regionalUrl(known);
    const path = [...this.#path, 'litellm_params', 'api_base'];
    if (regional === null) this.#reader.add(path, 'is required for this provider');
    else if (!URL.canParse(regional) || !/^https?:$/.test(new URL(regional).protocol)) {
      this.#reader.add(path, 'must be an address that begins with https:// or http://');
    } else return regional.replace(/\/+$/, '').replace(/\/v1$/, '');
    return null;
  }

  /** Two makers have an address for each region. */
  #regionalUrl({ kind }: NamedProvider): string | null {
    const region = this.#param('aws_region_name', text) ?? this.#param('vertex_location', text);
    if (region !== null && !/^[a-z0-9-]{1,40}$/.test(region)) return null;
    if (kind === 'bedrock') return `https://bedrock-runtime.${region ?? 'us-east-1'}.amazonaws.com`;
    if (kind !== 'vertex') return null;
    const at = region === null || region === 'global' ? '' : `${region}-`;
    return `https://${at}aiplatform.googleapis.com`;
  }

  #secret(known: NamedProvider): SecretValue | null {
    const given = this.#param('api_key', text);
    if (known.kind === 'vertex') {
      const credentials = this.#param('vertex_credentials', text);
      return credentials === null ? null : secretValue(credentials);
    }
    if (known.kind === 'bedrock') return this.#awsSecret();
    // Servers of one's own are given any word, because the library wants one.
    if (given !== null) return secretValue(given);
    return known.keyVariable === null ? null : { kind: 'environment', name: known.keyVariable };
  }

  #awsSecret(): SecretValue | null {
    const id = this.#param('aws_access_key_id', text);
    const secret = this.#param('aws_secret_access_key', text);
    if (id !== null && secret !== null) {
      return { kind: 'pair', first: secretValue(id), second: secretValue(secret) };
    }
    if (id !== null || secret !== null) {
      const missing = id === null ? 'aws_access_key_id' : 'aws_secret_access_key';
      this.#reader.add(
        [...this.#path, 'litellm_params', missing],
        'is required with the other one',
      );
    }
    const given = this.#param('api_key', text);
    return given === null ? null : secretValue(given);
  }

  #options(): Record<string, string> {
    const named = {
      apiVersion: this.#param('api_version', scalar),
      organization: this.#param('organization', text),
      region: this.#param('aws_region_name', text) ?? this.#param('vertex_location', text),
      project: this.#param('vertex_project', text),
    };
    return Object.fromEntries(
      Object.entries(named).flatMap(([name, value]) =>
        value === null ? [] : [[name, String(value)]],
      ),
    );
  }

  #settings(provider: string, model: string): Record<string, unknown> {
    const id = this.#info('id', scalar);
    const bound = this.#param('max_completion_tokens', count) ?? this.#param('max_tokens', count);
    const room = this.#info('max_output_tokens', count) ?? this.#info('max_tokens', count);
    const { document } = this.#reader;
    return {
      // The line tells deployments of one model apart.
      id: id === null ? `${model}:${document.placeOf(this.#path).line}` : String(id),
      provider,
      model,
      price: this.#price(),
      ...filled({
        outputTokensMax: bound ?? room,
        weight: this.#param('weight', z.number().nonnegative()),
        order: this.#param('order', z.int().min(0).max(1_000)),
        rpm: this.#param('rpm', count),
        tpm: this.#param('tpm', count),
        parallelMax: this.#param('max_parallel_requests', count),
        headers: this.#param('extra_headers', z.record(z.string(), z.string())),
        attemptMs: this.#seconds('timeout'),
        firstByteMs: this.#seconds('stream_timeout'),
      }),
    };
  }

  /** As there, a price goes by the provider and the model that are named, wherever it is asked. */
  #listed(named: NamedModel): { readonly baseUrl: string; readonly model: string } | null {
    const base = this.#info('base_model', text);
    const elsewhere = this.#param('api_base', text) ?? this.#param('base_url', text);
    if (base === null && elsewhere === null) return null;
    const entry = base === null ? named : splitModel(base, null);
    const known = entry === null ? undefined : providerNames[entry.provider];
    const baseUrl = known === undefined ? null : listAddress(known.kind);
    if (entry !== null && baseUrl !== null) return { baseUrl, model: entry.model };
    if (base === null) return null;
    const path = [...this.#path, 'model_info', 'base_model'];
    this.#reader.add(path, 'names no model with a price, as azure/gpt-4o does');
    return null;
  }

  #price(): Record<string, number> | null {
    const of = (name: string) =>
      this.#tokenPrice('litellm_params', name) ?? this.#tokenPrice('model_info', name);
    const input = of('input_cost_per_token');
    const output = of('output_cost_per_token');
    const reads = of('cache_read_input_token_cost');
    const writes = of('cache_creation_input_token_cost');
    if (input === null && output === null && reads === null && writes === null) return null;
    if (input === null || output === null) {
      const path = [...this.#path, 'litellm_params', 'input_cost_per_token'];
      this.#reader.add(path, 'a price needs input_cost_per_token and output_cost_per_token');
      return null;
    }
    return {
      inputNanoUsd: input,
      outputNanoUsd: output,
      ...filled({ cacheReadNanoUsd: reads, cacheWriteNanoUsd: writes }),
    } as Record<string, number>;
  }

  #tokenPrice(section: 'litellm_params' | 'model_info', name: string): number | null {
    const path = [...this.#path, section, name];
    const value = this.#reader.valueAt(path) ?? null;
    if (value === null) return null;
    // YAML 1.2 reads 1e-6 as text where it has no dot.
    const nano = nanoUsdPerToken(Number(value));
    if (nano === null) this.#reader.add(path, 'must be dollars a token, as in 0.000003');
    return nano;
  }

  #seconds(name: string): number | null {
    const path = [...this.#path, 'litellm_params', name];
    const value = this.#reader.valueAt(path) ?? null;
    const ms = msOf(value);
    if (value !== null && ms === null) this.#reader.add(path, 'must be seconds');
    return ms;
  }

  #param<T>(name: string, schema: z.ZodType<T>): T | null {
    return this.#optional(['litellm_params', name], schema);
  }

  #info<T>(name: string, schema: z.ZodType<T>): T | null {
    return this.#optional(['model_info', name], schema);
  }

  #optional<T>(below: KeyPath, schema: z.ZodType<T>): T | null {
    const path = [...this.#path, ...below];
    return (this.#reader.valueAt(path) ?? null) === null
      ? null
      : (this.#reader.read(path, schema) ?? null);
  }

  #required(below: KeyPath): string | null {
    const path = [...this.#path, ...below];
    if ((this.#reader.valueAt(path) ?? null) === null) this.#reader.add(path, 'is required');
    return this.#optional(below, text);
  }
}

/** Entries that differ in none of these are at one provider. */
function key(provider: Pick<ReadProvider, 'known' | 'baseUrl' | 'secret' | 'options'>): string {
  const { known, baseUrl, secret, options } = provider;
  return JSON.stringify([known.kind, baseUrl, secret, Object.entries(options).sort()]);
}

function filled(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
