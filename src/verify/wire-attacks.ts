// Attacks as bytes: fired at each guard from the place of whoever may speak to it, and judged by
// what the guard answers. An answer that says no is one refusal, for the declared reason, and no
// more.

import { isIP } from 'node:net';
import { limits } from '../kit/limits.ts';
import type { Plan, ServicePlan } from '../plan/model.ts';
import { inside, socketIn } from '../plan/paths.ts';
import type { Edge, Topology } from '../topology/model.ts';
import { fillDocker } from './attacks/fill-docker.ts';
import { fillEgress } from './attacks/fill-egress.ts';
import { fillIngress, originOf } from './attacks/fill-ingress.ts';
import { agentKeyMark } from './attacks/llm/write.ts';
import { type Door, doors, type WireAttack, type WireTable } from './attacks/model.ts';
import type { Canaries } from './canary.ts';
import { dialled } from './door-rows.ts';
import { judge } from './judge.ts';
import type { Row, State } from './model.ts';
import type { Probes } from './probe-program.ts';
import type { Heard, Shot } from './probes/fire.ts';
import { busyReasons, triedReasons } from './question-rows.ts';
import type { SharedMemory } from './shared-memory.ts';
import { hostAndPort } from './targets.ts';

export interface Battlefield {
  readonly topology: Topology;
  readonly plan: Plan;
  readonly inside: Probes;
  readonly outside: Probes;
  /** What is aimed at on the host: a port, a name without a file, a file. */
  readonly canaries: Pick<Canaries, 'tcpPort' | 'tcp6Port' | 'token' | 'file'>;
  readonly memory: Pick<SharedMemory, 'callsOf' | 'has'>;
}

/** One guard, as one of its callers reaches it; from outside with TLS. */
export interface Line {
  readonly edge: Edge;
  readonly guard: ServicePlan;
  readonly door: Door;
  readonly at: Shot['at'];
  readonly serverName: string | null;
}

const waits = { atOnce: 8, deadlineMs: 4_000, quietMs: 150 } as const;
/** For who is slow: beside the guard's own bound, what a loaded machine takes to see it. */
const slowGraceMs = 6_000;
const dripMs = 250;
/** Who is declared to wait longer than this for a head is not waited for. */
const headerTimeoutMsMax = 30_000;

export async function wireRows(field: Battlefield, tables: readonly WireTable[]): Promise<Row[]> {
  const lines = linesOf(field);
  const volley = (line: Line, isSlow: boolean) => {
    const fits = (table: WireTable) =>
      table.guard === line.door && (table.isSlow === true) === isSlow;
    return fireAt(line, tables.filter(fits), field);
  };
  // They only wait: side by side, and beside the others.
  const slow = Promise.all(lines.map((line) => volley(line, true)));
  const rows: Row[] = [];
  for (const line of lines) rows.push(...(await volley(line, false)));
  return [...rows, ...(await slow).flat()];
}

export function linesOf({ topology, plan }: Battlefield): Line[] {
  return topology.edges.flatMap((edge): Line[] => {
    const guard = plan.services.find(({ name }) => name === edge.to);
    if (guard === undefined) return [];
    const door = doorOf(guard, edge);
    if (door === null) return [];
    if (door === 'ingress') return fromOutside(edge, guard);
    const caller = plan.services.find(({ name }) => name === edge.from);
    const folder = caller?.dials.find((each) => each.edge === edge.id)?.folder;
    const address = caller?.reaches?.find((each) => each.edge === edge.id)?.address;
    const line = { edge, guard, door, serverName: null };
    if (folder !== undefined) {
      return [{ ...line, at: { socketPath: socketIn(folder).slice('unix:'.length) } }];
    }
    return address === undefined ? [] : [{ ...line, at: hostAndPort(address) }];
  });
}

function doorOf({ role }: ServicePlan, { port }: Edge): Door | null {
  const all = Object.entries(doors) as readonly [Door, string][];
  const found = all.find(([door, its]) => its === port && (door === role || door === 'admin'));
  return found?.[0] ?? null;
}

/** Where people stand: on the host, at the port that the ingress was given. */
function fromOutside(edge: Edge, guard: ServicePlan): Line[] {
  const name = originOf(guard).hostname;
  return guard.inherits.slice(0, 1).map(({ host, port }) => ({
    ...{ edge, guard, door: 'ingress', at: { host: dialled(host), port } },
    // RFC 6066, section 3: an address is no server name.
    serverName: isIP(name) === 0 ? name : '',
  }));
}

/** At the ingress from where people stand. */
export function probesFor({ door }: Line, field: Battlefield): Probes {
  return door === 'ingress' ? field.outside : field.inside;
}

interface Aimed {
  readonly table: WireTable;
  readonly attack: WireAttack;
  readonly bytes: string;
}

async function fireAt(
  line: Line,
  tables: readonly WireTable[],
  field: Battlefield,
): Promise<Row[]> {
  const aimed = tables.flatMap((table) =>
    table.attacks.flatMap((attack): Aimed[] => {
      const bytes = fill(table, attack, line, field);
      return bytes === null ? [] : [{ table, attack, bytes }];
    }),
  );
  if (aimed.length === 0) return [];
  const { at, serverName } = line;
  const shots = aimed.map(({ attack, bytes }, id) => ({
    ...{ id, at, serverName, bytes },
    ...(attack.isDripped === true ? { dripMs } : {}),
  }));
  const isSlow = tables.some((table) => table.isSlow === true);
  const deadlineMs = isSlow ? headerTimeoutMsOf(line.guard) + slowGraceMs : waits.deadlineMs;
  const heard = await probesFor(line, field)
    .fire(line.edge.from, {
      ...{ shots, ...waits, deadlineMs, busy: [...busyReasons] },
      files: { [agentKeyMark]: `${inside.secrets}/agent-key` },
    })
    .catch((): readonly Heard[] => []);
  return aimed.map(({ table, attack }, id) =>
    rowOf(
      line.edge.from,
      line.edge.to,
      table,
      attack,
      heard.find((each) => each.id === id),
    ),
  );
}

function headerTimeoutMsOf({ settings }: ServicePlan): number {
  const said = settings.limits as { readonly headerTimeoutMs?: number } | undefined;
  return said?.headerTimeoutMs ?? limits.headerTimeoutMs;
}

function fill(
  table: WireTable,
  attack: WireAttack,
  { edge, guard }: Line,
  { canaries: { tcpPort: canaryPort } }: Battlefield,
): string | null {
  if (table.isSlow === true && headerTimeoutMsOf(guard) > headerTimeoutMsMax) return null;
  if (table.guard === 'egress') return fillEgress(table, attack, { edge, guard, canaryPort });
  if (table.guard === 'ingress') return fillIngress(attack, guard);
  if (table.guard === 'docker-proxy') return fillDocker(attack, edge, guard);
  return attack.bytes;
}

function rowOf(
  from: string,
  to: string,
  table: WireTable,
  attack: WireAttack,
  heard: Heard | undefined,
): Row {
  return judge({
    ...{ from, to, via: 'attack', what: `${table.class}: ${attack.tries}`, declared: null },
    deniedBy: to,
    ...judgeAnswer(attack, heard),
    fix: `${to} must refuse this as ${attack.reason}; look at its rules and its log.`,
    attack: {
      class: table.class,
      property: table.property,
      wanted: `${attack.status} ${attack.reason}`,
    },
  });
}

/** Refused for another reason than the declared one is not known to be refused the next time. */
export function judgeAnswer(
  { status, reason }: Pick<WireAttack, 'status' | 'reason'>,
  heard: Heard | undefined,
): { observed: State; evidence: string } {
  if (heard === undefined) return { observed: 'unknown', evidence: 'it could not be fired' };
  const { text, answers, code } = heard;
  const got = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(text)?.[1] ?? 0);
  const why = /\r\nx-clincher-reason: ([a-z-]+)\r\n/i.exec(text)?.[1] ?? '';
  if (got === 0) return { observed: 'unknown', evidence: `no answer: ${code || 'it hung up'}` };
  const evidence = `${got} ${why}`.trimEnd();
  if (answers !== 1) return { observed: 'open', evidence: `${evidence}, and ${answers} answers` };
  if (got < 400) return { observed: 'open', evidence };
  if (triedReasons.has(why)) return { observed: 'open', evidence: `${evidence}: it was tried` };
  if (got === status && why === reason) return { observed: 'denied', evidence };
  return { observed: 'unknown', evidence: `${evidence}, and not ${status} ${reason}` };
}
