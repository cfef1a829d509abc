// Who may reach which hosts: the configured providers' hosts for llm, and what the user added per
// caller.

import { formatPlace, type Place } from '../kit/place.ts';
import type { EgressRules } from '../roles/egress/settings.ts';
import { egressRules } from '../roles/egress/settings.ts';
import type { ProviderOptions, StackOptions } from './options.ts';

export interface CallerHosts {
  readonly caller: string;
  readonly hosts: readonly string[];
  readonly at: Place;
}

/**
 * Where a provider's calls go: a service of the user's own by its name, or a host behind egress.
 */
export function providerTarget(
  options: StackOptions,
  provider: ProviderOptions,
): { readonly service: string } | { readonly host: string; readonly port: number } {
  const url = new URL(provider.baseUrl);
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (options.services.some((service) => service.name === host)) return { service: host };
  const standard = url.protocol === 'http:' ? 80 : 443;
  return { host, port: url.port === '' ? standard : Number(url.port) };
}

/**
 * One rule per provider, so that a decision quotes the line that declared it; then the user's own.
 */
export function egressRulesOf(options: StackOptions): EgressRules {
  const own = options.egress.rules.map(({ upstreamProxy, at, ...rest }) => ({
    ...rest,
    ...(upstreamProxy === undefined ? {} : { upstreamProxy: `tcp:${upstreamProxy}` }),
    at: formatPlace(at),
  }));
  const { rules: _rules, at: _at, ...lists } = options.egress;
  const declared = options.demo ? [] : [...providerRules(options), ...ownRules(options)];
  const rules = [...declared, ...own];
  return egressRules.parse({ ...lists, rules });
}

/**
 * What a rule lets its caller reach: its hosts, and `**`, every host, where its mode lets the rest
 * through.
 */
export function hostsOfRule(rule: EgressRules['rules'][number]): readonly string[] {
  const { mode, unsafeOpen } = rule;
  const beyond = mode === 'report' || (mode === 'open' && unsafeOpen === true);
  return beyond ? [...rule.hosts, '**'] : rule.hosts;
}

function providerRules(options: StackOptions): EgressRules['rules'] {
  return options.providers.flatMap((provider) => {
    const target = providerTarget(options, provider);
    if ('service' in target) return [];
    return {
      caller: 'llm',
      hosts: [target.host],
      ports: [target.port],
      at: formatPlace(provider.at),
    };
  });
}

/** Where alarms are posted, and what several instances share. */
function ownRules({ alarms, redis }: StackOptions): EgressRules['rules'] {
  const hosts = [
    ...(alarms === undefined ? [] : [alarms]),
    ...(redis === undefined || 'service' in redis.where ? [] : [{ ...redis.where, at: redis.at }]),
  ];
  return hosts.map(({ host, port, at }) => ({
    ...{ caller: 'llm', hosts: [host], ports: [port], at: formatPlace(at) },
  }));
}

/**
 * Callers of egress with all their hosts, llm first: it always has its edge, even with no host to
 * reach.
 */
export function egressCallers(options: StackOptions): readonly CallerHosts[] {
  const { rules, globalAllow = [] } = egressRulesOf(options);
  const firstProvider = options.demo ? undefined : options.providers[0];
  const places = new Map<string, Place>([['llm', firstProvider?.at ?? options.egress.at]]);
  for (const rule of options.egress.rules) {
    if (!places.has(rule.caller)) places.set(rule.caller, rule.at);
  }
  return [...places].map(([caller, at]) => ({
    caller,
    at,
    hosts: unique([
      ...rules.filter((rule) => rule.caller === caller).flatMap(hostsOfRule),
      ...globalAllow,
    ]),
  }));
}

export function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
