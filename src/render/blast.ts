// What a taken service gives, for people: a block each, the worst first, a table beside another
// stack, or the picture of the stack with what it reaches in colour.

import type { Blast, Money, WayOut } from '../topology/blast.ts';
import type { Topology } from '../topology/model.ts';
import { dotBeside, topologyDot } from './topology-dot.ts';
import type { Picture } from './topology-layout.ts';
import { mermaidBeside, topologyMermaid } from './topology-mermaid.ts';

const nameWidth = 14;

export function blastText(blasts: readonly Blast[]): string {
  return blasts.map(blockOf).join('\n\n');
}

function blockOf(one: Blast): string {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['of the host', one.host.length === 0 ? ['nothing'] : one.host],
    ['asks', one.asks.map(({ to, port, purpose }) => `${to} (${port}): ${purpose}`)],
    ['through them', one.through],
    ['beside it', one.beside.map((name) => `${name}: any port, no edge says so`)],
    ['reads', one.secrets.map(({ name, worth }) => `${name}: ${worth}`)],
    ['spends', moneyLines(one.money)],
    ['leaves by', one.leaves.length === 0 ? ['nothing'] : one.leaves.map(wayText)],
  ];
  const lines = rows.flatMap(([name, values]) =>
    values.map((value, index) => `  ${(index === 0 ? name : '').padEnd(nameWidth)}${value}`),
  );
  return [`if ${one.service} is taken over`, ...lines].join('\n');
}

function moneyLines(money: Money): readonly string[] {
  if (money.kind === 'none') return ['nothing'];
  if (money.kind === 'keys') return [`past every budget, with ${money.keys.join(', ')}`];
  return money.budgets.length === 0 ? ['nothing: no budget is declared'] : money.budgets;
}

function wayText({ by, hosts }: WayOut): string {
  if (hosts === null) return `${by}, anywhere`;
  return hosts.length === 0 ? by : `${by}, to ${hosts.join(', ')}`;
}

/** One line a service; `theirs` is the same of the other stack, by service name. */
export function blastTable(
  ours: readonly Blast[],
  theirs: readonly Blast[],
  title: string,
): string {
  const names = [...new Set([...ours, ...theirs].map(({ service }) => service))];
  const cell = (list: readonly Blast[], name: string) => {
    const found = list.find(({ service }) => service === name);
    return found === undefined ? '-' : briefly(found);
  };
  const rows = [
    ['', 'here', title],
    ...names.map((name) => [name, cell(ours, name), cell(theirs, name)]),
  ];
  const width = (column: number) => Math.max(...rows.map((row) => (row[column] ?? '').length));
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(width(column) + 2))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

function briefly({ host, asks, beside, secrets, money, leaves }: Blast): string {
  const root = host.some((one) => one.startsWith('root'));
  const anywhere = leaves.some(({ hosts }) => hosts === null);
  return [
    ...(root ? ['the host'] : []),
    ...(money.kind === 'keys' ? ['provider keys'] : []),
    ...(anywhere ? ['the internet'] : []),
    counted(new Set(asks.map(({ to }) => to)).size + beside.length, 'other'),
    counted(secrets.length, 'secret'),
  ].join(', ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

const fills = { taken: '#d9534f', asks: '#f0ad4e', beside: '#f0ad4e', through: '#fbe3c0' } as const;

/** Of a stack, whose service is taken. */
export type Taken = readonly [title: string, topology: Topology, one: Blast];

/** Red is taken, orange may be asked by it, pale is reached by way of those. */
export function blastGraph(all: readonly Taken[], format: 'mermaid' | 'dot'): string {
  const pictures = all.map(([title, topology, one]): Picture => {
    return { title: `${title}: ${one.service} is taken over`, topology, marks: marksOf(one) };
  });
  const [first] = pictures;
  if (first === undefined || pictures.length > 1) {
    return format === 'dot' ? dotBeside(pictures) : mermaidBeside(pictures);
  }
  const { topology, marks } = first;
  return format === 'dot' ? topologyDot(topology, marks) : topologyMermaid(topology, marks);
}

function marksOf(one: Blast): ReadonlyMap<string, string> {
  return new Map<string, string>([
    ...one.through.map((name) => [name, fills.through] as const),
    ...one.beside.map((name) => [name, fills.beside] as const),
    ...one.asks.map(({ to }) => [to, fills.asks] as const),
    [one.service, fills.taken],
  ]);
}
