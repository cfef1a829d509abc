// What a service is now told that it was not: hosts, budget, models, origin, version, in sentences.

import type { EgressRules } from '../roles/egress/settings.ts';
import type { LlmRules } from '../roles/llm/settings.ts';
import { hostsOfRule } from '../topology/egress-rules.ts';
import { canonicalJson } from '../topology/hash.ts';
import type { Run, Service } from '../topology/model.ts';
import { sets } from './diff-rights.ts';

export function diffRun(name: string, before: Run, after: Run): readonly string[] {
  if (before.role === 'egress' && after.role === 'egress') {
    return diffEgress(name, before.rules, after.rules);
  }
  if (before.role === 'llm' && after.role === 'llm') {
    return [
      ...diffLlm(name, before.rules, after.rules),
      ...settings(name, { caFiles: before.caFiles }, { caFiles: after.caFiles }),
    ];
  }
  if (before.role !== after.role) return [`${name} is now a ${after.role} (${before.role} before)`];
  return settings(name, flat(before), flat(after));
}

/** Of what was never there before: whom it lets reach what, and what it may spend. */
export function openingRun(name: string, { run }: Service): readonly string[] {
  if (run.role === 'llm') return [`budget ${budgetText(run.rules)}`];
  if (run.role !== 'egress') return [];
  const none = { ...run.rules, rules: [], resolve: {}, unsafeAllowAddresses: [] };
  return diffEgress(name, none, run.rules);
}

/** `{ rules: { origin } }` and `{ origin }` read the same. */
function flat(run: Run): Readonly<Record<string, unknown>> {
  const { role, ...rest } = run;
  return 'rules' in rest ? { ...rest, ...rest.rules, rules: undefined } : rest;
}

/** Everything without words of its own: `gateway: version 2026.9.6 -> 2026.9.7`. */
function settings(
  name: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const [then, now] = [text(before[key]), text(after[key])];
    return then === now ? [] : `${name}: ${key} ${then} -> ${now}`;
  });
}

function text(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  return typeof value === 'string' ? value : canonicalJson(value);
}

function diffEgress(name: string, before: EgressRules, after: EgressRules): readonly string[] {
  const names = (rules: EgressRules) =>
    Object.entries(rules.resolve).map(([host, addresses]) => `${host} as ${addresses.join(', ')}`);
  return [
    ...sets(reach(before), reach(after), (each, gained) => {
      const [caller, target] = each.split(' ');
      return `${caller} may ${gained ? 'now' : 'no longer'} reach ${target}`;
    }),
    ...sets(names(before), names(after), (each, gained) =>
      gained ? `${name} now answers ${each}` : `${name} no longer answers ${each}`,
    ),
    ...sets(before.unsafeAllowAddresses, after.unsafeAllowAddresses, (each, gained) =>
      gained
        ? `${name} may now connect to ${each}, though that is not public`
        : `${name} may no longer connect to ${each}`,
    ),
    ...settings(name, terms(before), terms(after)),
    ...settings(name, listsOf(before), listsOf(after)),
  ];
}

function listsOf({ globalAllow, globalDeny, denyAddresses, resolvers, limits }: EgressRules) {
  return { globalAllow, globalDeny, denyAddresses, resolvers, limits };
}

/** `llm api.openai.com:443` */
function reach({ rules }: EgressRules): readonly string[] {
  return rules.flatMap((rule) =>
    hostsOfRule(rule).flatMap((host) =>
      rule.ports.map((port) => `${rule.caller} ${host === '**' ? 'every-host' : host}:${port}`),
    ),
  );
}

/** What of a rule has no sentence of its own: a looser TLS, a way round. */
function terms({ rules }: EgressRules): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    rules.map(({ caller, hosts, ports, mode, unsafeOpen, at, ...rest }) => [
      `${caller} to ${hosts.join(', ')}`,
      Object.keys(rest).length === 0 ? null : rest,
    ]),
  );
}

function diffLlm(name: string, before: LlmRules, after: LlmRules): readonly string[] {
  const providers = ({ providers }: LlmRules) =>
    Object.fromEntries(providers.map((each) => [`provider ${each.name}`, providerText(each)]));
  const models = ({ models }: LlmRules) =>
    Object.fromEntries(
      models.map(({ name, deployments }) => [
        `model ${name}`,
        deployments.map(deploymentText).join(', else '),
      ]),
    );
  const keys = ({ keys }: LlmRules) =>
    Object.fromEntries(keys.map(({ name, ...rest }) => [`virtual key ${name}`, rest]));
  const budgets = [budgetText(before), budgetText(after)] as const;
  return [
    ...(budgets[0] === budgets[1] ? [] : [`budget ${budgets[0]} -> ${budgets[1]}`]),
    ...settings(name, providers(before), providers(after)),
    ...settings(name, models(before), models(after)),
    ...settings(name, keys(before), keys(after)),
    ...settings(name, { rates: before.rates }, { rates: after.rates }),
    ...settings(name, { redis: before.redis }, { redis: after.redis }),
    ...settings(name, { limits: before.limits }, { limits: after.limits }),
    ...settings(name, cacheTerms(before, after), cacheTerms(after, before)),
  ];
}

/** Of a cache that comes or goes one line; of one that stays whatever changed. */
function cacheTerms({ cache }: LlmRules, other: LlmRules): Readonly<Record<string, unknown>> {
  if (cache === null) return { cache: null };
  const { mode, share, ttlMs, at, ...rest } = cache;
  const line = { cache: `${mode}, kept ${ttlMs / 60_000} min, shared by ${share}` };
  if (other.cache === null) return line;
  const terms = Object.entries(rest).map(([key, value]) => [`cache ${key}`, value]);
  return { ...line, ...Object.fromEntries(terms) };
}

function providerText({ baseUrl, dialect, key }: LlmRules['providers'][number]): string {
  return `${baseUrl} (${dialect}) ${key === null ? 'without a key' : `with secret ${key}`}`;
}

function deploymentText(deployment: LlmRules['models'][number]['deployments'][number]): string {
  const { provider, model, price, outputTokensMax } = deployment;
  // Nano-dollars a token are thousandths of a dollar a million tokens.
  const usd = Object.entries(price ?? {}).map(([kind, nanoUsd]) => [kind, Number(nanoUsd) / 1_000]);
  const prices = usd.map(([kind, amount]) => `${amount} ${String(kind).replace('NanoUsd', '')}`);
  const cost = price === null ? '' : ` at USD ${prices.join(', ')} a million`;
  return `${provider}/${model} up to ${outputTokensMax} tokens out${cost}`;
}

function budgetText({ budgets }: LlmRules): string {
  const texts = budgets.map(({ by, name, limitNanoUsd, window }) => {
    const usd = `${limitNanoUsd / 1_000_000_000} USD`;
    const whose = by === 'all' ? '' : ` for ${name === null ? `each ${by}` : `the ${by} ${name}`}`;
    if (typeof window !== 'string') return `${usd} in any ${window.rollingMs / 60_000} min${whose}`;
    return `${usd} ${window === 'total' ? 'in total' : `a ${window}`}${whose}`;
  });
  return texts.length === 0 ? 'none' : texts.join(', ');
}
