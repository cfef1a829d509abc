// A picture for the terminal: a box per zone, in it each service with its edges, around them who is
// outside.

import { formatPlace } from '../kit/place.ts';
import type { Edge, Host, Service, Topology } from '../topology/model.ts';
import { type Box, boxesOf, isAdmin, narrowing } from './topology-layout.ts';

const width = 92;
const nameWidth = 14;

export function topologyText(topology: Topology): string {
  const { preset, driver, isolation, hosts } = topology;
  return [
    `preset ${preset}, driver ${driver}, isolation ${isolation}`,
    ...hosts.map((host) => hostText(topology, host)),
  ].join('\n\n');
}

function hostText(topology: Topology, host: Host): string {
  const boxes = boxesOf(topology).filter(({ zone }) => zone.host === host.name);
  const inner = boxes.map((box) => boxText(topology, box)).join('\n');
  const title = `${host.name === 'app' ? 'application' : 'monitoring'} host`;
  return [title, ...clientLines(topology, host), inner].join('\n');
}

/** Who comes in from outside, above the boxes. */
function clientLines({ edges, externals, services }: Topology, host: Host): readonly string[] {
  const clients = new Set(
    externals.filter(({ kind }) => kind === 'client').map(({ name }) => name),
  );
  const here = new Set(services.filter((each) => each.host === host.name).map(({ name }) => name));
  const inward = edges.filter(({ from, to }) => here.has(to) && !here.has(from));
  return inward.map((edge) => {
    const paths = edge.paths === undefined ? '' : ` ${narrowing(edge)}`;
    const arrow = clients.has(edge.from) ? `══${edge.protocol}══▶` : `┄┄${edge.protocol}┄┄▶`;
    return `  ${edge.from} ${arrow} ${edge.to}${paths}`;
  });
}

function boxText(topology: Topology, { zone, services }: Box<Service>): string {
  const title = `${zone.name}${zone.internal ? ', internal: no way out' : ''}`;
  const lines = services.flatMap((service) => serviceLines(topology, service, zone.name));
  // A long name widens its box rather than break it.
  const room = Math.max(width, ...lines.map((line) => line.length + 2));
  return [
    `┌─ ${title} ${'─'.repeat(Math.max(0, room - title.length - 3))}┐`,
    ...(lines.length === 0 ? ['(no service)'] : lines).map(
      (line) => `│ ${line.padEnd(room - 2)} │`,
    ),
    `└${'─'.repeat(room)}┘`,
  ].join('\n');
}

function serviceLines(topology: Topology, service: Service, zone: string): readonly string[] {
  const edges = topology.edges.filter((edge) => edge.from === service.name);
  const read = edges.filter(isAdmin).map(({ to }) => to);
  const others = service.zones.filter((name) => name !== zone);
  const facts = [
    ...(others.length === 0 ? [] : [`also in ${others.join(', ')}`]),
    ...(service.holds.length === 0 ? [] : [`reads ${service.holds.join(', ')}`]),
    ...service.rights.mounts.map(
      ({ source, readOnly }) => `${source}${readOnly ? ' (read-only)' : ''}`,
    ),
  ];
  const arrows = edges.filter((edge) => !isAdmin(edge)).map(edgeText);
  if (read.length > 0) arrows.push(`──▶ admin port of ${read.join(', ')}`);
  const rows = [...(arrows.length === 0 ? ['no edge out'] : arrows), ...facts];
  return wrap(rows).map(
    (row, index) => `${(index === 0 ? service.name : '').padEnd(nameWidth)} ${row}`,
  );
}

function edgeText(edge: Edge): string {
  const only = narrowing(edge);
  const shut = edge.hosts?.length === 0 ? ' (no host)' : '';
  const place = edge.at.line === 0 ? '' : `  ${formatPlace(edge.at)}`;
  return `──▶ ${edge.to} (${edge.port})${only === '' ? shut : `: ${only}`}${place}`;
}

/** Breaks rows at blanks so that they fit beside the name. */
function wrap(rows: readonly string[]): readonly string[] {
  const room = width - 2 - nameWidth - 1;
  return rows.flatMap((row) => {
    const lines: string[] = [];
    let line = '';
    for (const word of row.split(/(?<= )/)) {
      if (line.length + word.trimEnd().length > room && line !== '') {
        lines.push(line.trimEnd());
        line = '    ';
      }
      line += word;
    }
    return [...lines, line.trimEnd()];
  });
}
