// What each process of a service may do, every one of them, seen from the host: capabilities,
// users, system calls, what it holds open, what its environment names. Compared with one template.

import type { CapabilitySet, InspectedProcess } from '../drivers/driver.ts';
import type { Observation } from './judge.ts';
import type { Surveyed } from './survey.ts';

export type Right = Pick<Observation, 'what' | 'observed' | 'evidence'> & Partial<Observation>;

/** Looked at are all processes; `bad` says which of them has the right, and how. */
export function right(what: string, bad: readonly string[], fine: string): Right {
  return { what, observed: bad.length === 0 ? 'denied' : 'open', evidence: bad.join(', ') || fine };
}

export function processRights(from: Surveyed): Right[] {
  const { inspection, system } = from;
  const { processes } = inspection;
  const fine = `none of ${processes.length} processes`;
  const each = (what: string, faults: (one: InspectedProcess) => readonly string[]) =>
    right(
      what,
      processes.flatMap((one) => faults(one).map((fault) => `process ${one.pid}: ${fault}`)),
      fine,
    );
  const [first] = processes;
  return [
    right('capabilities in effect', effective(from), fine),
    each('capabilities that it could put into effect', (one) => nonZero(one, 'permitted')),
    each('capabilities that a program it starts would have', (one) => [
      ...nonZero(one, 'inheritable'),
      ...nonZero(one, 'ambient'),
    ]),
    // What bounds a set-user-id program; where new privileges are refused there is none to bound.
    each('capabilities that a program it starts may gain', (one) =>
      one.noNewPrivileges ? [] : nonZero(one, 'bounding'),
    ),
    each('new privileges', (one) => (one.noNewPrivileges ? [] : ['may gain them'])),
    each('system calls that no service needs', (one) =>
      one.filtersSystemCalls ? [] : ['has no filter'],
    ),
    each('files of the host that it holds open', ({ foreignFiles }) => foreignFiles),
    right("connections of the host's network", inspection.worldConnections, 'none'),
    right(
      'user 0',
      [
        ...(system.uid === 0 ? ['the service runs as user 0'] : []),
        ...processes.filter(({ users }) => users.includes(0)).map(({ pid }) => `process ${pid}`),
      ],
      fine,
    ),
    each('another user than the first of its processes', ({ users }) => {
      const strange = users.filter((user) => user !== first?.users[0]);
      return strange.length === 0 ? [] : [`user ${[...new Set(strange)].join(', ')}`];
    }),
    ...environmentRights(from),
  ];
}

function effective({ inspection, system }: Surveyed): string[] {
  const found = inspection.processes.flatMap((one) =>
    nonZero(one, 'effective').map((set) => `process ${one.pid}: ${set}`),
  );
  const probe = system.status.CapEff ?? 'missing';
  return [...found, ...(isZero(probe) ? [] : [`the probe: ${probe}`])];
}

function nonZero({ capabilities }: InspectedProcess, set: CapabilitySet): string[] {
  return isZero(capabilities[set]) ? [] : [`${set} ${capabilities[set] || 'missing'}`];
}

function isZero(hex: string): boolean {
  return /^0+$/.test(hex);
}

/** Names that every service may have; beyond them only what the plan tells the agent. */
const environmentTemplate = new Set([
  'HOME',
  'LANG',
  'PATH',
  'PWD',
  'TMPDIR',
  'NODE_COMPILE_CACHE',
  // Of every container, and of our images.
  'HOSTNAME',
  'NODE_ENV',
]);

/**
 * The agent's own children get what it gives them; looked at are the jail's first process, the
 * relay, the agent.
 */
function environmentRights(from: Surveyed): Right[] {
  // An image that is not ours has variables of its own, and programs that write over theirs.
  if (from.plan.container?.program !== undefined) return [];
  const { role, settings } = from.plan;
  const program = settings.program as { name?: string; env?: Record<string, string> } | undefined;
  const allowed = new Set([...environmentTemplate, ...Object.keys(program?.env ?? {})]);
  // nginx writes what it is doing over its own: looked at are the jail's first process, the role.
  const isNginx = role === 'ingress' && program?.name === 'nginx';
  const last = role === 'relay' ? 3 : isNginx ? 2 : undefined;
  const planned = from.inspection.processes.slice(0, last);
  const extra = planned.flatMap(({ pid, env }) =>
    Object.keys(env)
      .filter((name) => !allowed.has(name))
      .map((name) => `${name} of process ${pid}`),
  );
  const fine = `only ${[...allowed].sort().join(', ')}`;
  return [right('variables beyond its template', extra, fine)];
}
