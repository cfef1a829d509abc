// Nothing but ingress listens to the world; the operator's pages are on the monitoring host.

import type { Edge, Service } from '../topology/model.ts';
import type { Check, Fault } from './check.ts';
import type { TopologyView } from './view.ts';

export const worldListeners: Check = {
  id: 'world-listeners',
  invariant: 'Only ingress listens to the world, on the addresses it declares.',
  because: 'Every other door skips the sign-in, the limits and the record that ingress keeps.',
  *find(view) {
    for (const service of view.topology.services) yield* listenerFaults(service);
    for (const edge of view.topology.edges) {
      if (view.externals.has(edge.from) && !mayEnter(edge, view)) yield entryFault(edge);
    }
  },
};

function* listenerFaults(service: Service): Iterable<Fault> {
  const { run, name, at } = service;
  for (const { host, port } of service.rights.worldListeners) {
    const declared = run.role === 'ingress' ? [run.listen, run.plain] : [];
    if (declared.some((one) => one?.host === host && one.port === port)) continue;
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const what = run.role === 'ingress' ? 'beyond the addresses it declares' : 'and is not ingress';
    yield {
      severity: 'fatal',
      about: name,
      message: `${name} listens to the world on ${address} ${what}`,
      fix: 'Remove the listener; ingress leads to it over an edge.',
      at,
    };
  }
}

/**
 * Clients come in at ingress; on the monitoring host, whose programs are the operator's, at those.
 */
function mayEnter(edge: Edge, view: TopologyView): boolean {
  if (view.externals.get(edge.from)?.kind !== 'client') return false;
  const callee = view.services.get(edge.to);
  if (callee === undefined) return true; // `edge-ends` reports it
  return callee.run.role === 'ingress' || callee.host === 'monitor';
}

function entryFault(edge: Edge): Fault {
  return {
    severity: 'fatal',
    about: edge.id,
    message: `${edge.from} comes in at ${edge.to}, past ingress`,
    fix: `Remove the edge, and declare one from ingress to ${edge.to}.`,
    at: edge.at,
  };
}
