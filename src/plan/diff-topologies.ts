// What the change from one topology to another means for security, in sentences for the one who
// approves it.

import { canonicalJson } from '../topology/hash.ts';
import type { Service, Topology } from '../topology/model.ts';
import { diffEdges } from './diff-edges.ts';
import { diffRights, diffSecrets, sets } from './diff-rights.ts';
import { diffRun, openingRun } from './diff-run.ts';
import { declared } from './place-text.ts';

/**
 * Pure. Every difference gives at least one sentence, except of places alone; none gives
 * `nothing changes`. A null `before` is a machine on which nothing ran: then only what reaches
 * beyond the stack itself is told.
 */
export function diffTopologies(before: Topology | null, after: Topology): readonly string[] {
  if (before === null) return after.services.flatMap(opening);
  const sentences = [
    ...diffFrame(before, after),
    ...diffServices(before, after),
    ...diffEdges(before.edges, after.edges),
    ...diffSecrets(before.secrets, after.secrets),
  ];
  if (sentences.length > 0) return sentences;
  if (canonicalJson(before) === canonicalJson(after)) return ['nothing changes'];
  return sameButPlaces(before, after)
    ? ['only the places of declarations move: what may happen stays the same']
    : ['the topology is written differently; nothing that may happen changes'];
}

function opening(service: Service): readonly string[] {
  if (service.host !== 'app') return [];
  const bare = { ...service, rights: nothing(service) };
  return [...diffRights(bare, service), ...openingRun(service.name, service)];
}

function diffFrame(before: Topology, after: Topology): readonly string[] {
  const zones = ({ zones }: Topology) =>
    zones.map(({ name, host, internal }) => {
      const kind = internal ? 'internal' : 'not internal';
      return `zone ${name} on host ${host}, ${kind}`;
    });
  const externals = ({ externals }: Topology) =>
    externals.map(({ name, kind, host }) => `${kind} ${name}${host === null ? '' : ` on ${host}`}`);
  const hosts = ({ hosts }: Topology) => hosts.map(({ name }) => `host ${name}`);
  const say = (each: string, gained: boolean) => `${gained ? 'adds' : 'takes away'} ${each}`;
  return [
    ...(['preset', 'driver', 'isolation'] as const).flatMap((key) =>
      before[key] === after[key] ? [] : `${key} ${before[key]} -> ${after[key]}`,
    ),
    ...sets(hosts(before), hosts(after), say),
    ...sets(zones(before), zones(after), say),
    ...sets(externals(before), externals(after), say),
  ];
}

function diffServices(before: Topology, after: Topology): readonly string[] {
  const old = new Map(before.services.map((service) => [service.name, service]));
  const wanted = new Set(after.services.map(({ name }) => name));
  return [
    ...before.services
      .filter(({ name }) => !wanted.has(name))
      .map(({ name }) => `takes service ${name} away`),
    ...after.services.flatMap((service) => {
      const earlier = old.get(service.name);
      if (earlier !== undefined) return diffService(earlier, service);
      const empty = { ...service, holds: [], rights: nothing(service) };
      return [
        `adds service ${service.name} in ${service.zones.join(', ')}${declared(service.at)}`,
        ...diffRights(empty, service),
      ];
    }),
  ];
}

function diffService(before: Service, after: Service): readonly string[] {
  const sentences = [...diffRights(before, after), ...diffRun(after.name, before.run, after.run)];
  const zones = (service: Service) => service.zones.join(', ');
  if (zones(before) !== zones(after)) {
    sentences.push(`${after.name} moves from ${zones(before)} to ${zones(after)}`);
  }
  if (before.host !== after.host) {
    sentences.push(`${after.name} moves from host ${before.host} to ${after.host}`);
  }
  return sentences;
}

/** Of a new service only what goes beyond a bare process is worth a sentence. */
function nothing({ rights }: Service): Service['rights'] {
  return { ...rights, network: 'none', capabilities: [], mounts: [], worldListeners: [] };
}

function sameButPlaces(before: unknown, after: unknown): boolean {
  return canonicalJson(withoutPlaces(before)) === canonicalJson(withoutPlaces(after));
}

/** Drops `at` at any depth: a place in the topology, or the quoted place in a rule. */
function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'at');
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutPlaces(inner)]));
}
