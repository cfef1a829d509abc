// The topology as text: by host, each service with its zones and rights, and every edge with its purpose.

import { formatPlace } from '../kit/place.ts';
import type { Edge, Host, Service, Topology } from '../topology/model.ts';

export function topologyText(topology: Topology): string {
  const { preset, driver, isolation, services, edges, secrets, hosts } = topology;
  return [
    `preset ${preset}, driver ${driver}, isolation ${isolation}`,
    ...hosts.flatMap((host) => hostLines(host, services)),
    '',
    'edges: what may be reached, and nothing else',
    ...edgeLines(edges),
    '',
    'secrets: who may read them',
    ...table(
      secrets.map(({ name, source, at }) => {
        const holders = services.filter(({ holds }) => holds.includes(name));
        const who = holders.map((service) => service.name).join(', ') || 'nobody';
        return [name, source.kind, who, formatPlace(at)];
      }),
    ),
  ].join('\n');
}

function hostLines(host: Host, services: readonly Service[]): readonly string[] {
  const here = services.filter((service) => service.host === host.name);
  return ['', `host ${host.name}`, ...table(here.map(serviceRow))];
}

function serviceRow({ name, run, zones, rights }: Service): readonly string[] {
  const network = rights.network === 'outside' ? 'a way out' : 'no network';
  const listens = rights.worldListeners.map(({ host, port }) => `listens on ${host}:${port}`);
  return [name, run.role, zones.join(' '), [network, ...listens].join(', ')];
}

function edgeLines(edges: readonly Edge[]): readonly string[] {
  return table(
    edges.map(({ from, to, port, purpose, hosts, paths, at }) => {
      const only = [...(hosts ?? []), ...(paths ?? [])];
      const what = only.length === 0 ? purpose : `${purpose} (only ${only.join(', ')})`;
      return [`${from} -> ${to}`, port, what, formatPlace(at)];
    }),
  );
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
