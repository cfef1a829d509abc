// Egress allow lists are exact enough: no bare `*`, no wildcard over other people's names, and
// hosts where strangers can leave or fetch data are pointed out.

import { isIP } from 'node:net';
import { parse } from 'tldts';
import type { Place } from '../kit/place.ts';
import type { Check, Fault } from './check.ts';
import { placeOf } from './place-text.ts';
import { type StrangersHost, strangersHosts } from './strangers-hosts.ts';
import type { TopologyView } from './view.ts';

export const egressHosts: Check = {
  id: 'egress-hosts',
  invariant:
    'Every host that egress lets through is named exactly, and is not a place where strangers keep data.',
  because: 'One host where anybody can store something is enough to carry everything out.',
  *find(view) {
    yield* findModes(view);
    for (const { caller, host, at } of allowedHosts(view)) {
      const judged = judgeHost(host);
      if (judged === null) continue;
      const message = `${caller} may reach ${host}: ${judged.what}`;
      yield { severity: judged.severity, about: caller, message, fix: judged.fix, at };
    }
  },
};

/** Asked for in the file, and then to be seen in every check. */
function* findModes(view: TopologyView): Iterable<Fault> {
  for (const { run } of view.topology.services) {
    if (run.role !== 'egress') continue;
    for (const { caller, mode, at } of run.rules.rules) {
      if (mode !== 'report' && mode !== 'open') continue;
      yield {
        severity: 'warning',
        about: caller,
        message: `${caller} may reach every host: the mode of its rule is ${mode}`,
        fix: '`clincher egress suggest` names the hosts that were used; list them, then take the mode out.',
        at: placeOf(at),
      };
    }
  }
}

interface AllowedHost {
  readonly caller: string;
  readonly host: string;
  readonly at: Place;
}

/**
 * From the rules that egress obeys and from the edges that declare them; each host once a caller.
 */
function* allowedHosts(view: TopologyView): Iterable<AllowedHost> {
  const seen = new Set<string>();
  const fresh = (caller: string, host: string) => {
    const key = JSON.stringify([caller, host]);
    return !seen.has(key) && seen.add(key);
  };
  // What lets everything through is judged by the rule's mode.
  const inRules = new Set<string>(['**']);
  for (const service of view.topology.services) {
    const { run } = service;
    if (run.role !== 'egress') continue;
    for (const host of run.rules.globalAllow ?? []) {
      inRules.add(host);
      if (fresh('every caller', host)) yield { caller: 'every caller', host, at: service.at };
    }
    for (const { caller, hosts, at } of run.rules.rules) {
      for (const host of hosts) {
        inRules.add(host);
        if (fresh(caller, host)) yield { caller, host, at: placeOf(at) };
      }
    }
  }
  for (const { from, hosts = [], at } of view.topology.edges) {
    for (const host of hosts) {
      if (!inRules.has(host) && fresh(from, host)) yield { caller: from, host, at };
    }
  }
}

export type Judgement = Pick<Fault, 'severity' | 'fix'> & { readonly what: string };

/** Null for a host that is exact and somebody's own. */
export function judgeHost(pattern: string): Judgement | null {
  const text = pattern.toLowerCase().replace(/\.$/, '');
  const isWildcard = text.includes('*');
  if (isWildcard && !/^\*{1,2}\.[^*]+$/.test(text)) {
    return fatal('that is every host, or no rule that has a meaning', 'Name the hosts.');
  }
  const name = text.replace(/^\*{1,2}\./, '');
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) {
    return {
      severity: isWildcard ? 'fatal' : 'warning',
      what: 'an address, whose owner no certificate and no name vouches for',
      fix: 'Name the host, and give its address under egress.resolve.',
    };
  }
  return isWildcard ? judgeWildcard(name) : judgeName(name);
}

function judgeWildcard(base: string): Judgement | null {
  // The private part of the public suffix list: names under which anybody can have a name.
  const { publicSuffix } = parse(base, { allowPrivateDomains: true });
  if (publicSuffix === base) {
    return fatal(`anybody can have a name below ${base}`, 'Name the hosts below it.');
  }
  const covered = strangersHosts.find(
    ({ host }) => isBelow(host, base) || isBelow(base, host) || host === base,
  );
  if (covered === undefined) return null;
  return fatal(`that covers ${covered.host}, ${covered.because}`, 'Name the hosts below it.');
}

function judgeName(name: string): Judgement | null {
  const { publicSuffix } = parse(name, { allowPrivateDomains: true });
  const found = strangersHosts.find(({ host }) => name === host || isBelow(name, host));
  if (found !== undefined) return strangers(found);
  if (publicSuffix !== name || !name.includes('.')) return null;
  return {
    severity: 'warning',
    what: 'a name that is shared by many owners',
    fix: 'Name the one host below it that is meant.',
  };
}

function strangers({ because }: StrangersHost): Judgement {
  return {
    severity: 'warning',
    what: because,
    fix: 'Remove it, or put a service of your own before it that knows what may be asked of it.',
  };
}

function fatal(what: string, fix: string): Judgement {
  return { severity: 'fatal', what, fix };
}

function isBelow(name: string, base: string): boolean {
  return name.endsWith(`.${base}`);
}
