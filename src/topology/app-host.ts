// The services of the application host: which there are, in which zones, with which rights and
// secrets.

import { defaultPlace, type Place } from '../kit/place.ts';
import { type IngressRules, ingressRules } from '../roles/ingress/settings.ts';
import { redisDial } from '../roles/llm/settings.ts';
import type { AgentSettingsOptions } from './agent-options.ts';
import { egressRulesOf } from './egress-rules.ts';
import type { CloudflareOptions } from './ingress-options.ts';
import { embeddingTargets, llmRulesOf } from './llm-rules.ts';
import type { AgentSettings, Mount, Run, Service } from './model.ts';
import type { StackOptions } from './options.ts';
import { images } from './pins.ts';
import { sandboxServiceOf } from './sandbox.ts';
import {
  agentCredentials,
  agentKey,
  alarmAddresses,
  gatewayToken,
  masterKey,
  metricsToken,
  providerKeys,
  pullCa,
  redisPasswords,
  secretMarks,
  tlsCert,
  tlsKey,
  virtualKeys,
} from './secrets.ts';
import { templates } from './templates.ts';

/**
 * Only egress is in two zones of which one leads out; only ingress and gateway are where people
 * come in.
 */
export const zoneNames = {
  application: 'openclaw-net',
  egress: 'egress-net',
  proxy: 'proxy-net',
} as const;

export function caFileTarget(provider: string): string {
  return `/run/clincher/ca/${provider}.pem`;
}

export function appServices(options: StackOptions): readonly Service[] {
  const at = defaultPlace(options.file);
  const { application, proxy } = zoneNames;
  return [
    ingress(options),
    gateway(options),
    ...sandbox(options),
    llm(options),
    ...(options.preset === 'reference' ? [redis(at)] : []),
    egress(options),
    service('metrics', { role: 'metrics' }, [application, proxy], at),
    ...(options.demo ? [service('demo', { role: 'demo' }, [application], at)] : []),
    ...options.services.map((user) =>
      service(
        user.name,
        { role: 'program', image: user.image, argv: user.argv },
        [user.zone],
        user.at,
      ),
    ),
  ];
}

/** A service with its role's template and nothing to read. */
export function service(
  name: string,
  run: Run,
  zones: readonly string[],
  at: Place,
  host: Service['host'] = 'app',
): Service {
  return { name, host, zones, run, rights: templates[run.role], holds: [], at };
}

function ingress(options: StackOptions): Service {
  const { program, listen, plain, origin, scriptHosts, at, cloudflare, limits, rate } =
    options.ingress;
  const front = cloudflare === null ? {} : { front: frontOf(cloudflare) };
  const rules = ingressRules.parse({ origin, scriptHosts, limits, rate, ...front });
  const run: Run = {
    ...{ role: 'ingress', rules, listen },
    ...(plain === undefined ? {} : { plain }),
    ...(program === undefined ? {} : { program }),
  };
  const base = service('ingress', run, [zoneNames.proxy], at);
  return {
    ...base,
    rights: { ...base.rights, worldListeners: plain === undefined ? [listen] : [listen, plain] },
    holds: [tlsCert, tlsKey, metricsToken, ...(rules.front?.certificate ? [pullCa] : [])],
  };
}

/** The program of a tunnel runs on this machine; otherwise Cloudflare itself connects. */
function frontOf({ way, ranges }: CloudflareOptions): NonNullable<IngressRules['front']> {
  const addressHeader = 'cf-connecting-ip';
  return 'tunnel' in way
    ? { ranges: ['127.0.0.0/8', '::1/128'], addressHeader, certificate: false }
    : { ranges: [...ranges], addressHeader, certificate: true };
}

function gateway(options: StackOptions): Service {
  const { version, apis, settings, caFile, at } = options.agent;
  const defaultModel = llmRulesOf(options).models[0]?.name ?? null;
  const zones = [zoneNames.proxy, zoneNames.application];
  const run: Extract<Run, { role: 'gateway' }> = {
    ...{ role: 'gateway', version, defaultModel },
    ...(apis === undefined || options.demo ? {} : { apis }),
    ...(settings === undefined || options.demo ? {} : { settings: settingsOf(settings) }),
    ...(caFile === undefined || options.demo ? {} : { caFile }),
  };
  const base = service('gateway', run, zones, at);
  const trusted = run.caFile === undefined ? [] : [readOnly(run.caFile, caFileTarget('agent'))];
  const rights = { ...base.rights, mounts: [...base.rights.mounts, ...trusted] };
  const own = agentCredentials(options).map(({ name }) => name);
  const holds = [agentKey, gatewayToken, ...own, ...(sandboxServiceOf(options)?.agentHolds ?? [])];
  return { ...base, rights, holds };
}

/** Where the values of secrets come from is said once, with the secrets. */
function settingsOf({ values, secrets, modelsAt }: AgentSettingsOptions): AgentSettings {
  return { values, secrets: secrets.map(({ path, name }) => ({ path, name })), modelsAt };
}

function sandbox(options: StackOptions): readonly Service[] {
  const declared = sandboxServiceOf(options);
  if (declared === null) return [];
  const { name, run, mounts, holds, at } = declared;
  const base = service(name, run, [zoneNames.application], at);
  const rights = { ...base.rights, mounts: [...base.rights.mounts, ...mounts] };
  return [{ ...base, rights, holds }];
}

function llm(options: StackOptions): Service {
  const rules = llmRulesOf(options);
  const where = options.redis?.where;
  const withCa = [
    ...options.providers,
    ...(where === undefined || 'service' in where ? [] : [{ name: redisDial, ...where }]),
  ].filter(({ caFile }) => caFile !== null && !options.demo);
  const caFiles = Object.fromEntries(withCa.map(({ name, caFile }) => [name, caFile ?? '']));
  const embedding = options.cache?.embedding;
  const own = embedding?.kind === 'onnx' ? embedding : null;
  const run: Run = {
    role: 'llm',
    rules,
    caFiles,
    ...(own === null ? {} : { embedding: { model: own.model, vocabulary: own.vocabulary } }),
  };
  const base = service('llm', run, [zoneNames.application], defaultPlace(options.file));
  const mounts = [
    ...Object.entries(caFiles).map(([name, source]) => readOnly(source, caFileTarget(name))),
    ...(own === null ? [] : [readOnly(own.model, embeddingTargets.model)]),
    ...(own === null ? [] : [readOnly(own.vocabulary, embeddingTargets.vocabulary)]),
  ];
  const declared = [
    ...[...providerKeys(options), ...virtualKeys(options)],
    ...[...alarmAddresses(options), ...redisPasswords(options)],
  ];
  const keys = declared.map(({ name }) => name);
  return {
    ...base,
    rights: { ...base.rights, mounts },
    holds: [...keys, agentKey, masterKey, secretMarks],
  };
}

function readOnly(source: string, target: string): Mount {
  return { source, target, readOnly: true };
}

/** With no host to reach it gets no route either: then nothing in the stack has a way out. */
function egress(options: StackOptions): Service {
  const rules = egressRulesOf(options);
  const zones = [zoneNames.application, zoneNames.egress];
  const base = service('egress', { role: 'egress', rules }, zones, options.egress.at);
  const network = rules.rules.some(({ hosts }) => hosts.length > 0) ? 'outside' : 'none';
  return { ...base, rights: { ...base.rights, network } };
}

function redis(at: Place): Service {
  const run: Run = { role: 'program', image: images.redis, argv: [] };
  return service('redis', run, [zoneNames.application], at);
}
