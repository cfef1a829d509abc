// A LiteLLM config.yaml as rules of the model proxy. Each key is obeyed or refused by name;
// docs/llm-from-litellm.md says which and why.

import * as z from 'zod';
import { LocatedDocument } from '../../kit/located/document.ts';
import { ProblemsError } from '../../kit/located/problem.ts';
import { Reader } from '../../kit/located/reader.ts';
import { type LlmRules, llmRules } from '../../roles/llm/settings.ts';
import { type CacheRedis, readCache } from './cache.ts';
import { type ReadModels, type ReadProvider, readModelList } from './deployments.ts';
import { holdToRules } from './key-rules.ts';
import { readMoney } from './money.ts';
import { type ReadRouting, readRouting } from './routing.ts';
import { generalSettings, litellmSettings, routerSettings, sections } from './settings-keys.ts';
import { type Instance, readShared, type SharedRedis } from './shared.ts';
import { type SecretValue, secretValue, variablesOf } from './values.ts';

export interface LitellmConfig {
  readonly rules: LlmRules;
  /** Secrets by the name the rules use. */
  readonly secrets: ReadonlyMap<string, SecretValue>;
  /** `environment_variables`: what goes before the environment of the process. */
  readonly environment: ReadonlyMap<string, string>;
  /** Where answers are kept, in place of a file; null: in the file. */
  readonly cacheRedis: CacheRedis | null;
  /** Where instances share what they spent; null: this is the only one. */
  readonly sharedRedis: SharedRedis | null;
}

export interface LitellmReading {
  /** Paths of keys that the user gives up: `general_settings.database_url`. */
  readonly without: readonly string[];
  /** For a file that sets no budget. */
  readonly budget: Readonly<Record<string, unknown>> | null;
  /** Who all clients are: the caller of the listeners. */
  readonly caller: string;
  /** Which of several this is; null: it is alone. */
  readonly instance: Instance | null;
}

export const masterSecret = 'litellm-master-key';
/** The address that alarms are posted to, where LiteLLM looks for it. */
export const webhookSecret = 'litellm-webhook-url';
const webhook = { kind: 'environment', name: 'WEBHOOK_URL' } as const;
const alerting = z.array(z.enum(['webhook']));
export const cacheRedisSecret = 'cache-redis-password';
const sharedRedisSecret = 'redis-password';
/** The one callback that sends nothing: the metrics are there to be fetched. */
const fetched = z.array(z.enum(['prometheus']));

/**
 * Pure.
 * @throws ProblemsError `settings-invalid` with every problem and its place
 */
export function readLitellm(source: string, file: string, reading: LitellmReading): LitellmConfig {
  // Keys may stand there as they are, and it is not for us to say that they may not.
  const document = new LocatedDocument(source, file, { aliases: true, anyText: true });
  const reader = new Reader(document);
  const config = document.value === undefined ? null : read(reader, reading);
  const problems = [...document.problems, ...reader.problems];
  if (config !== null && problems.length === 0) return config;
  const fix =
    'What is obeyed, and why the rest is not: docs/llm-from-litellm.md. To go without a key, ' +
    'name it: --without general_settings.database_url';
  throw new ProblemsError('settings-invalid', file, problems, fix);
}

function read(reader: Reader, reading: LitellmReading): LitellmConfig | null {
  const without = new Set(reading.without);
  holdToRules(reader, [], sections, without);
  holdToRules(reader, ['litellm_settings'], litellmSettings, without);
  holdToRules(reader, ['router_settings'], routerSettings, without);
  holdToRules(reader, ['general_settings'], generalSettings, without);
  const litellmMetrics = fetchesMetrics(reader, without);
  const models = readModelList(reader, without);
  const names = [...new Set(models.deployments.map(({ modelName }) => modelName))];
  const routing = readRouting(reader, names);
  const money = readMoney(reader, models, reading.budget);
  const cache = readCache(reader, names, without);
  const shared = readShared(reader, reading.instance, without);
  const master = masterKey(reader);
  const limits = bodyLimit(reader);
  const alerts = alertsOf(reader, without);
  const environment = readEnvironment(reader);
  if (reader.problems.length > 0 || master === null) return null;
  const rules = llmRules.safeParse({
    providers: models.providers.map(providerOf),
    models: names.map((name) => modelOf(name, models, routing)),
    routing: routing.routing,
    keys: [{ name: 'master', secret: masterSecret, caller: reading.caller }],
    ...money,
    masterKey: masterSecret,
    litellmHeaders: true,
    litellmMetrics,
    alarms: { webhook: alerts ? webhookSecret : null },
    redis: shared === null ? null : redisOf(shared),
    cache: cache.rules,
    limits,
  });
  for (const issue of rules.error?.issues ?? []) reader.addIssue([], issue, llmRules);
  if (!rules.success) return null;
  const secrets = secretsOf(models.providers, master, alerts, {
    [cacheRedisSecret]: cache.redis?.password ?? null,
    [sharedRedisSecret]: shared?.password ?? null,
  });
  return {
    rules: rules.data,
    secrets,
    environment: usedOf(reader, environment, secrets),
    cacheRedis: cache.redis,
    sharedRedis: shared,
  };
}

const callbackKeys = [
  ...['callbacks', 'success_callback', 'failure_callback', 'service_callback'],
  'service_callbacks',
];

function fetchesMetrics(reader: Reader, without: ReadonlySet<string>): boolean {
  const read = callbackKeys
    .map((key) => ['litellm_settings', key])
    .filter((path) => !without.has(path.join('.')))
    .map((path) => reader.read<readonly string[] | undefined>(path, fetched) ?? []);
  return read.flat().length > 0;
}

function redisOf({ host, port, password, instance }: SharedRedis) {
  return {
    url: `redis://${host}:${port}`,
    password: password === null ? null : sharedRedisSecret,
    ...{ instance: instance.name, instances: instance.count },
  };
}

function providerOf({ name, known, baseUrl, secret, options }: ReadProvider) {
  return {
    name,
    dialect: known.kind === 'anthropic' ? 'anthropic' : 'openai',
    kind: known.kind,
    baseUrl,
    key: secret === null ? null : secretName(name),
    keyHint: hintOf(secret),
    options,
  };
}

function hintOf(secret: SecretValue | null): string {
  const variables = secret === null ? [] : variablesOf(secret);
  return variables.length === 0
    ? 'api_key'
    : variables.map((name) => `os.environ/${name}`).join(' and ');
}

function modelOf(name: string, models: ReadModels, routing: ReadRouting) {
  const own = models.deployments.filter(({ modelName }) => modelName === name);
  const tries = own.map(({ retries }) => retries).find((retries) => retries !== null);
  const { shared, parallelMax } = routing;
  const retried = tries === undefined ? {} : { retries: retriesOf(shared, tries) };
  return {
    name,
    ...shared,
    ...retried,
    ...routing.of(name),
    deployments: own.map(({ settings }) => ({
      ...(parallelMax === null ? {} : { parallelMax }),
      ...settings,
    })),
  };
}

/** A deployment's own number of retries counts for its model. */
function retriesOf(shared: Readonly<Record<string, unknown>>, tries: number): unknown {
  const given = typeof shared.retries === 'object' ? shared.retries : {};
  return {
    ...given,
    timeout: tries,
    unreachable: tries,
    'rate-limit': tries,
    'server-error': tries,
  };
}

function secretsOf(
  providers: readonly ReadProvider[],
  master: SecretValue,
  alerts: boolean,
  redis: Readonly<Record<string, SecretValue | null>>,
) {
  const named = providers.flatMap(({ name, secret }) =>
    secret === null ? [] : [[secretName(name), secret] as const],
  );
  const posted = alerts ? [[webhookSecret, webhook] as const] : [];
  const passwords = Object.entries(redis).flatMap(([name, password]) =>
    password === null ? [] : [[name, password] as const],
  );
  return new Map<string, SecretValue>([...named, ...passwords, [masterSecret, master], ...posted]);
}

function secretName(provider: string): string {
  return `provider-${provider}-key`;
}

function masterKey(reader: Reader): SecretValue | null {
  const path = ['general_settings', 'master_key'];
  if ((reader.valueAt(path) ?? null) === null) {
    reader.add(
      path,
      'is required: without one anybody could spend; write os.environ/LITELLM_MASTER_KEY',
    );
    return null;
  }
  const text = reader.read(path, z.string().min(1));
  return text === undefined ? null : secretValue(text);
}

/** Of the ways that LiteLLM has to raise an alarm, the one that sends no more than the alarm. */
function alertsOf(reader: Reader, without: ReadonlySet<string>): boolean {
  const path = ['general_settings', 'alerting'];
  if (without.has(path.join('.')) || (reader.valueAt(path) ?? null) === null) return false;
  return (reader.read(path, alerting) ?? []).length > 0;
}

function bodyLimit(reader: Reader): { readonly bodyBytesMax?: number } {
  const path = ['general_settings', 'max_request_size_mb'];
  if ((reader.valueAt(path) ?? null) === null) return {};
  const mb = reader.read(path, z.number().positive().max(1_024));
  return mb === undefined ? {} : { bodyBytesMax: Math.ceil(mb * 1024 * 1024) };
}

function readEnvironment(reader: Reader): ReadonlyMap<string, string> {
  const path = ['environment_variables'];
  if ((reader.valueAt(path) ?? null) === null) return new Map();
  const value = z.union([z.string(), z.number(), z.boolean()]);
  const map = reader.read(path, z.record(z.string(), value));
  return new Map(Object.entries(map ?? {}).map(([name, text]) => [name, String(text)]));
}

/** A variable that no key refers to would be for a part of LiteLLM that is not here. */
function usedOf(
  reader: Reader,
  environment: ReadonlyMap<string, string>,
  secrets: ReadonlyMap<string, SecretValue>,
): ReadonlyMap<string, string> {
  const used = [...secrets.values()].flatMap(variablesOf);
  for (const name of environment.keys()) {
    if (!used.includes(name)) {
      reader.add(['environment_variables', name], `is not obeyed: no key is os.environ/${name}`);
    }
  }
  return environment;
}
