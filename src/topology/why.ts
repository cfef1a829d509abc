// Can A reach B? By which edges, declared where; or what stops it, and which declaration would
// allow it.

import { ClincherError } from '../kit/error.ts';
import { formatPlace } from '../kit/place.ts';
import type { Edge, Topology } from './model.ts';
import { createReach, hostsOn, type Path } from './reachability.ts';

export interface Why {
  readonly from: string;
  readonly to: string;
  /** `through`: only by way of other services, each of which decides what goes on. */
  readonly reaches: 'directly' | 'through' | 'no';
  readonly paths: readonly Path[];
  /** For people; the first line is the answer. */
  readonly lines: readonly string[];
}

const pathsShownMax = 5;

/**
 * `to` may also be a host name: then the question is whether `from` may reach that host on the
 * internet.
 * @throws ClincherError `unknown-service`
 */
export function why(topology: Topology, from: string, to: string): Why {
  const known = namesOf(topology);
  if (!known.includes(from)) throw unknown(from, known);
  if (known.includes(to)) return explain(topology, from, to, to, () => true);
  if (!to.includes('.')) throw unknown(to, known);
  const host = to.toLowerCase();
  return explain(topology, from, host, 'internet', (path) =>
    hostsOn(topology, path).some((pattern) => covers(pattern, host)),
  );
}

function explain(
  topology: Topology,
  from: string,
  asked: string,
  to: string,
  accepts: (path: Path) => boolean,
): Why {
  const paths = createReach(topology).paths(from, to).filter(accepts);
  if (paths.length === 0) {
    const lines = [`${from} does not reach ${asked}.`, ...obstacles(topology, from, asked, to)];
    return { from, to: asked, reaches: 'no', paths, lines };
  }
  const shown = paths.toSorted((a, b) => a.length - b.length).slice(0, pathsShownMax);
  const [shortest = []] = shown;
  const middle = shortest.slice(0, -1).map((edge) => edge.to);
  const answer =
    middle.length === 0
      ? `${from} reaches ${asked}.`
      : `${from} reaches ${asked}, through ${list(middle)}.`;
  const lines = [answer, ...shown.flatMap((path) => pathLines(topology, path, to))];
  if (paths.length > shown.length) lines.push(`  and ${paths.length - shown.length} more ways`);
  return { from, to: asked, reaches: middle.length === 0 ? 'directly' : 'through', paths, lines };
}

function pathLines(topology: Topology, path: Path, to: string): readonly string[] {
  const steps = path.map((edge) => {
    const paths = edge.paths === undefined ? '' : ` for ${edge.paths.join(', ')}`;
    return `  ${arrow(edge)}${paths}: ${edge.purpose} [${formatPlace(edge.at)}]`;
  });
  const hosts = to === 'internet' ? hostsOn(topology, path) : [];
  return hosts.length === 0 ? steps : [...steps, `    for these hosts alone: ${hosts.join(', ')}`];
}

/** What is missing, who has it, and the line that would give it. */
function obstacles(topology: Topology, from: string, asked: string, to: string): readonly string[] {
  if (to === 'internet') return internetObstacles(topology, from, asked);
  const reach = createReach(topology).from(from);
  const callers = topology.edges.filter((edge) => edge.to === to);
  const ended = callers.find((edge) => reach.has(edge.from));
  const service = topology.services.some(({ name }) => name === to);
  return [
    `  No edge is declared from ${from} to ${to}${service ? '' : ', which is not a service'}.`,
    callers.length === 0
      ? `  Nothing has an edge to ${to}.`
      : `  Edges to ${to}: ${list(callers.map(arrow))}.`,
    ...(ended === undefined
      ? []
      : [`  ${from} gets as far as ${ended.from}, which does not hand this on.`]),
    `  ${reach.size === 0 ? `${from} reaches nothing` : `${from} reaches ${list([...reach.keys()])}`}.`,
    ...(service
      ? [`  To allow it: edges: [{ from: ${from}, to: ${to}, port: ${callers[0]?.port ?? 'api'} }]`]
      : []),
  ];
}

function internetObstacles(topology: Topology, from: string, asked: string): readonly string[] {
  const toProxy = topology.edges.filter(({ protocol }) => protocol === 'connect');
  const own = toProxy.find((edge) => edge.from === from);
  const hosts = own === undefined ? [] : hostsOn(topology, [own]);
  const host = asked === 'internet' ? 'HOST' : asked;
  return [
    '  The one way out is egress, for named hosts of named callers.',
    own === undefined
      ? `  ${from} has no edge to egress; ${list(toProxy.map((edge) => edge.from))} has.`
      : `  ${from} may reach ${hosts.length === 0 ? 'no host' : list(hosts)} there.`,
    `  To allow it: egress: { rules: [{ caller: ${from}, hosts: [${host}] }] }`,
  ];
}

/** `*.example.com` stands for one label more. */
function covers(pattern: string, host: string): boolean {
  const name = pattern.slice(0, pattern.lastIndexOf(':')).toLowerCase();
  if (name === '**') return true;
  if (name.startsWith('**.')) return host.endsWith(name.slice(2));
  if (!name.startsWith('*.')) return name === host;
  return host.endsWith(name.slice(1)) && !host.slice(0, 1 - name.length).includes('.');
}

function namesOf({ services, externals }: Topology): readonly string[] {
  return [...services, ...externals].map(({ name }) => name);
}

function unknown(name: string, known: readonly string[]): ClincherError {
  return new ClincherError('unknown-service', `there is no ${name} in this topology`, {
    fix: `There are: ${known.join(', ')}.`,
  });
}

function arrow({ from, to, port }: Edge): string {
  return `${from} -> ${to} (${port})`;
}

function list(texts: readonly string[]): string {
  const unique = [...new Set(texts)];
  const last = unique.at(-1) ?? 'nothing';
  return unique.length < 2 ? last : `${unique.slice(0, -1).join(', ')} and ${last}`;
}
