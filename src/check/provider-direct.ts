// Model providers are llm's to call: whoever may reach one directly needs no budget and no key of
// ours.

import { formatPlace } from '../kit/place.ts';
import type { Check } from './check.ts';
import { placeOf } from './place-text.ts';
import type { TopologyView } from './view.ts';

export const providerDirect: Check = {
  id: 'provider-direct',
  invariant: 'Only llm may reach the hosts of model providers.',
  because:
    'With a key that a web page gave it, the agent could upload what it knows to an account of ' +
    'a stranger, past budget and record.',
  *find(view) {
    const providers = providerHosts(view);
    for (const service of view.topology.services) {
      const { run } = service;
      if (run.role !== 'egress') continue;
      const everyone = {
        caller: 'every caller',
        hosts: run.rules.globalAllow ?? [],
        at: formatPlace(service.at),
      };
      for (const { caller, hosts, at } of [...run.rules.rules, everyone]) {
        if (view.services.get(caller)?.run.role === 'llm') continue;
        for (const host of hosts) {
          const provider = providers.get(host.replace(/^\*\*\./, '*.'));
          if (provider === undefined) continue;
          yield {
            severity: 'warning',
            about: caller,
            message: `${caller} may reach ${host}, which is the model provider ${provider}`,
            fix: `Remove ${host}; let ${caller} call llm.`,
            at: placeOf(at),
          };
        }
      }
    }
  },
};

/** Providers' names by host, and by `*.` and each name above the host. */
function providerHosts(view: TopologyView): ReadonlyMap<string, string> {
  const hosts = new Map<string, string>();
  for (const { run } of view.topology.services) {
    if (run.role !== 'llm') continue;
    for (const { name, baseUrl } of run.rules.providers) {
      if (!URL.canParse(baseUrl)) continue;
      const host = new URL(baseUrl).hostname;
      hosts.set(host, name);
      const labels = host.split('.');
      for (let above = 1; above < labels.length; above++) {
        hosts.set(`*.${labels.slice(above).join('.')}`, name);
      }
    }
  }
  return hosts;
}
