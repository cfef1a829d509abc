// The topology as a picture that needs no program to lay it out: zones from the people's side to
// the internet's, each service once, an arrow for each edge. Colours can be set from outside by
// class; without that they are readable on light and dark.

import { type Markup, markup } from '../kit/markup.ts';
import type { Edge } from '../topology/model.ts';
import { type Drawn, isAdmin, narrowing } from './topology-layout.ts';
import { type Placed, placeNodes, type Spot, titleOf } from './topology-places.ts';

export interface Marks {
  /** Class of an edge by its id: `open`, `bad`. */
  readonly edges: ReadonlyMap<string, string>;
  /** Ways that were found and that nothing declares. */
  readonly found: readonly { readonly from: string; readonly to: string; readonly what: string }[];
}

const none: Marks = { edges: new Map(), found: [] };

export function topologySvg(drawn: Drawn, marks: Marks = none): Markup {
  const { width, height, zones, spots } = placeNodes(drawn);
  const edges = drawn.edges.filter((edge) => !isAdmin(edge));
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"
 font-family="ui-sans-serif, system-ui, sans-serif" font-size="13" class="map">
<title>Who may reach whom</title>
<defs>${['edge', 'open', 'bad'].map(arrowHead)}</defs>
${zones.map(zoneBox)}
${edges.map((edge) => edgeLine(edge, spots, marks.edges.get(edge.id) ?? 'edge'))}
${marks.found.map(({ from, to, what }) => line(spots, from, to, 'bad', `${what}: nothing declares it`))}
${[...spots].map(([name, spot]) => node(name, spot))}
</svg>`;
}

const colours: Readonly<Record<string, string>> = {
  ...{ edge: '#7c8798', open: '#2f9e6e', bad: '#d6453d' },
};

function arrowHead(name: string): Markup {
  return markup`<marker id="arrow-${name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"
 markerHeight="7" orient="auto-start-reverse"><path d="M0 0.5 8 4 0 7.5z" class="head ${name}"
 fill="${colours[name] ?? ''}"/></marker>`;
}

function zoneBox(zone: Placed['zones'][number]): Markup {
  const { x, y, width, height, internal } = zone;
  return markup`<g class="zone"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="12"
 fill="#7c8798" fill-opacity="0.08" stroke="#7c8798" stroke-opacity="0.35"
${internal ? null : markup` stroke-dasharray="5 4"`}/>
<text x="${x + 14}" y="${y + 21}" fill="#7c8798" font-size="12">${titleOf(zone)}</text></g>`;
}

function node(name: string, { x, y, width, height, kind }: Spot): Markup {
  const rx = kind === 'service' ? 8 : height / 2;
  return markup`<g class="node ${kind}"><rect x="${x}" y="${y}" width="${width}" height="${height}"
 rx="${rx}" fill="#3b5b8c" stroke="#7c8798"/><text x="${x + width / 2}" y="${y + height / 2 + 4.5}"
 text-anchor="middle" fill="#ffffff">${name}</text></g>`;
}

function edgeLine(edge: Edge, spots: Placed['spots'], mark: string): Markup | null {
  const only = narrowing(edge);
  const words = `${edge.from} to ${edge.to} (${edge.port}${only === '' ? '' : `: ${only}`})`;
  return line(spots, edge.from, edge.to, mark, `${words}: ${edge.purpose}`);
}

function line(
  spots: Placed['spots'],
  from: string,
  to: string,
  mark: string,
  says: string,
): Markup | null {
  const [a, b] = [spots.get(from), spots.get(to)];
  if (a === undefined || b === undefined || a === b) return null;
  return markup`<path d="${curve(a, b)}" class="line ${mark}" fill="none" stroke-width="1.6"
 stroke="${colours[mark] ?? ''}" marker-end="url(#arrow-${mark})"><title>${says}</title></path>`;
}

/** To the right from side to side; within a column, or back, around the side that is free. */
function curve(a: Spot, b: Spot): string {
  const middle = ({ y, height }: Spot) => y + height / 2;
  const right = a.x + a.width;
  if (b.x > right) {
    const pull = Math.max(28, (b.x - right) / 2);
    return `M${right} ${middle(a)}C${right + pull} ${middle(a)} ${b.x - pull} ${middle(b)} ${b.x} ${middle(b)}`;
  }
  if (b.x === a.x) {
    const pull = right + 26 + Math.abs(a.y - b.y) / 8;
    return `M${right} ${middle(a)}C${pull} ${middle(a)} ${pull} ${middle(b)} ${b.x + b.width} ${middle(b)}`;
  }
  const below = Math.max(a.y + a.height, b.y + b.height) + 30;
  const [from, to] = [a.x + a.width / 2, b.x + b.width / 2];
  return `M${from} ${a.y + a.height}C${from} ${below} ${to} ${below} ${to} ${b.y + b.height}`;
}
