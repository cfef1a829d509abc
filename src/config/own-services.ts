// The sections `services` and `edges`: what the user adds to the standard topology, under its
// rules.

import { type Reader, unknownName } from '../kit/located/reader.ts';
import { edgeId } from '../topology/model.ts';
import type { UserEdge, UserService } from '../topology/options.ts';
import { nameText } from './fields.ts';
import { edgeSchema, serviceSchema } from './schema.ts';

/**
 * Names that the topology uses itself, or that a path in a jail or on the host means something by.
 */
export const reservedNames: readonly string[] = [
  'ingress',
  'gateway',
  'docker-proxy',
  'sandbox',
  'llm',
  'redis',
  'egress',
  'metrics',
  'console',
  'demo',
  'relay',
  'monitor-ingress',
  'prometheus',
  'alertmanager',
  'blackbox',
  'grafana',
  'uptime-kuma',
  'gatus',
  'receivers',
  'people',
  'operator',
  'cloudflare',
  'internet',
  'supervisor',
  'jails',
  'localhost',
];

export function readServices(reader: Reader): readonly UserService[] {
  const { document } = reader;
  return reader.names(['services'], nameText).flatMap((name) => {
    const path = ['services', name];
    if (reservedNames.includes(name)) reader.add(path, 'this name is taken by clincher itself');
    const section = reader.readMap(path, serviceSchema);
    if (section === undefined) return [];
    const { zone = 'openclaw-net', image = null, command = [] } = section;
    const has = (key: string) => reader.valueAt([...path, key]) !== undefined;
    if (!has('image') && !has('command')) reader.add(path, 'needs `image` or `command`');
    return [{ name, zone, image, argv: command, at: document.declaredAt(path) }];
  });
}

const edgesMax = 10_000;

export function readEdges(reader: Reader, ownServices: readonly string[]): readonly UserEdge[] {
  const known = [...reservedNames.filter((name) => name !== 'localhost'), ...ownServices];
  const seen = new Set<string>();
  const edges: UserEdge[] = [];
  const count = reader.count(['edges'], edgesMax);
  for (let index = 0; index < count; index++) {
    const path = ['edges', index];
    const { from, to, port } = reader.readMap(path, edgeSchema) ?? {};
    for (const [key, name] of Object.entries({ from, to })) {
      if (name === undefined || known.includes(name)) continue;
      reader.add([...path, key], unknownName('service', name, known));
    }
    if (from === undefined || to === undefined || port === undefined) continue;
    if (from === to) reader.add(path, 'leads from a service to itself');
    const id = edgeId(from, to, port);
    if (seen.has(id)) reader.add(path, 'declares an edge that is already there');
    seen.add(id);
    edges.push({ from, to, port, at: reader.document.declaredAt(path) });
  }
  return edges;
}
