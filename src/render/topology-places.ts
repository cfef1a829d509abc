// Where everything is on the map: columns from left to right, whoever is asked to the right of who
// asks; the zones side by side, in the order in which a request goes through them.

import { type Box, boxesOf, type Drawn, isAdmin } from './topology-layout.ts';

export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly kind: 'service' | 'client' | 'internet' | 'host-resource';
}

export interface Placed {
  readonly width: number;
  readonly height: number;
  readonly zones: readonly {
    readonly name: string;
    readonly internal: boolean;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
  readonly spots: ReadonlyMap<string, Spot>;
}

const room = { node: 36, row: 60, gap: 64, pad: 20, title: 34, edge: 16 } as const;

/** A column of names, in a zone or outside all. */
interface Column {
  readonly names: readonly string[];
  readonly zone: Box['zone'] | null;
}

export function placeNodes(drawn: Drawn): Placed {
  const ranks = ranksOf(drawn);
  const columns = columnsOf(drawn, ranks);
  const rows = Math.max(1, ...columns.map(({ names }) => names.length));
  const inner = rows * room.row;
  const kinds = new Map(drawn.externals.map(({ name, kind }) => [name, kind]));
  const spots = new Map<string, Spot>();
  const zones: Placed['zones'][number][] = [];
  let x: number = room.edge;
  for (const [index, { names, zone }] of columns.entries()) {
    const isFirst = zone !== null && columns[index - 1]?.zone !== zone;
    const isLast = zone !== null && columns[index + 1]?.zone !== zone;
    const start = isFirst ? x : null;
    if (isFirst) x += room.pad;
    const isAlone = isFirst && isLast;
    // A zone of one column must hold its own name.
    const title = isAlone && zone !== null ? titleOf(zone).length * 6.6 - room.pad : 0;
    const width = Math.max(84, title, ...names.map((name) => name.length * 8 + 26));
    const top = room.edge + room.title + (inner - names.length * room.row) / 2;
    for (const [row, name] of names.entries()) {
      const y = top + row * room.row + (room.row - room.node) / 2;
      spots.set(name, { x, y, width, height: room.node, kind: kinds.get(name) ?? 'service' });
    }
    x += width;
    if (isLast) x += room.pad;
    if (zone !== null) zones.push(...grown(zones, zone, start ?? x, x, inner));
    x += room.gap;
  }
  const height = room.edge * 2 + room.title + inner + room.pad;
  return { width: x - room.gap + room.edge, height, zones, spots };
}

/** What stands above a zone. */
export function titleOf({ name, internal }: Pick<Box['zone'], 'name' | 'internal'>): string {
  return internal ? name : `${name}, leads out`;
}

/** The zone's box as far as it goes now, in place of what there was of it. */
function grown(
  zones: Placed['zones'][number][],
  zone: Box['zone'],
  start: number,
  end: number,
  inner: number,
): Placed['zones'] {
  const last = zones.at(-1);
  const x = last?.name === zone.name ? last.x : start;
  if (last?.name === zone.name) zones.pop();
  const height = room.title + inner + room.pad / 2;
  const size = { x, y: room.edge, width: end - x, height };
  return [{ name: zone.name, internal: zone.internal, ...size }];
}

/** The longest way from whoever nobody asks; in a circle, as far as it was followed first. */
function ranksOf({ edges }: Drawn): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const asked = edges.filter((edge) => !isAdmin(edge));
  const visit = (name: string, rank: number, way: readonly string[]): void => {
    if (way.includes(name) || (ranks.get(name) ?? -1) >= rank) return;
    ranks.set(name, rank);
    for (const { from, to } of asked) if (from === name) visit(to, rank + 1, [...way, name]);
  };
  for (const { from } of asked) if (!asked.some(({ to }) => to === from)) visit(from, 0, []);
  return ranks;
}

function columnsOf(drawn: Drawn, ranks: ReadonlyMap<string, number>): readonly Column[] {
  const rank = (name: string) => ranks.get(name) ?? 0;
  const first = (box: Box) => Math.min(...box.services.map(({ name }) => rank(name)));
  const boxes = boxesOf(drawn)
    .filter(({ services }) => services.length > 0)
    .toSorted(
      (a, b) =>
        hosts(a) - hosts(b) ||
        Number(!a.zone.internal) - Number(!b.zone.internal) ||
        first(a) - first(b),
    );
  const outside = (kinds: readonly string[]): Column[] => {
    const names = drawn.externals
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ name }) => name);
    return names.length === 0 ? [] : [{ names, zone: null }];
  };
  return [
    ...outside(['client']),
    ...boxes.flatMap(({ zone, services }) =>
      [...Map.groupBy(services, ({ name }) => rank(name))]
        .toSorted(([a], [b]) => a - b)
        .map(([, group]) => ({ names: group.map(({ name }) => name), zone })),
    ),
    ...outside(['internet', 'host-resource']),
  ];
}

/** The monitoring host is another machine: it is drawn last. */
function hosts({ zone }: Box): number {
  return zone.host === 'app' ? 0 : 1;
}
