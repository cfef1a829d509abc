// Attacks on what is around a service: the kernel, and the files and sockets of the machine. Tried
// in each service that runs.

import { constants } from 'node:os';
import { tinyProgram } from '../kit/tiny-program.ts';
import type { ServicePlan } from '../plan/model.ts';
import type { AttackTable, KernelTable, PathTable } from './attacks/model.ts';
import { judge } from './judge.ts';
import type { Row, State } from './model.ts';
import { cannotRun } from './right-rows.ts';
import type { Battlefield } from './wire-attacks.ts';

/** Where a tiny program may be put, and run from. */
export const scratch = ['/tmp', '/dev/shm', '/var/lib/clincher', '/run'];
const meetDeadlineMs = 1_000;

export async function kernelRows(
  service: string,
  tables: readonly KernelTable[],
  { plan, inside, memory }: Pick<Battlefield, 'plan' | 'inside' | 'memory'>,
): Promise<Row[]> {
  const tried = tables
    .filter(({ ofJails }) => ofJails !== true || plan.driver === 'embedded')
    .flatMap((table) => table.attacks.map((attack) => ({ table, attack })))
    .filter(({ attack }) => memory.has(attack));
  if (tried.length === 0) return [];
  const attempts = tried.flatMap(({ table, attack }) => {
    const calls = memory.callsOf(attack);
    const elf = calls === null ? null : tinyProgram(process.arch, calls);
    const name = `${table.class}: ${attack.tries}`;
    return elf === null ? [] : [{ name, elfBase64: elf.toString('base64') }];
  });
  const outcomes = await inside
    .system(service, { attempts, scratch })
    .then((result) => result.attempts)
    .catch((): Readonly<Record<string, string>> => ({}));
  return tried.map(({ table, attack }) =>
    rowOf(service, 'kernel', table, attack, {
      ...judgeProgram(attack.errors, outcomes[`${table.class}: ${attack.tries}`]),
      fix: 'Look at how the service was made: its rights and its filter of system calls.',
    }),
  );
}

export async function pathRows(
  service: ServicePlan,
  tables: readonly PathTable[],
  { inside }: Battlefield,
): Promise<Row[]> {
  const tried = tables.flatMap((table) =>
    table.attacks
      .filter(({ path }) => !isPlanned(service, path))
      .map((attack) => ({ table, attack })),
  );
  if (tried.length === 0) return [];
  const touches = tried.map(({ attack: { does, path } }, id) => ({ id, does, path }));
  const touched = await inside
    .touch(service.name, { touches, deadlineMs: meetDeadlineMs })
    .catch(() => []);
  return tried.map(({ table, attack }, id) =>
    rowOf(service.name, 'host', table, attack, {
      ...judgeError(attack.errors, touched.find((each) => each.id === id)?.code),
      fix: `${attack.path} is not for ${service.name}: look at its mounts.`,
    }),
  );
}

/** What the plan puts there is the service's own. */
function isPlanned({ mounts }: ServicePlan, path: string): boolean {
  return (
    mounts.some(({ target, readOnly }) => path === target && !readOnly) ||
    mounts.some(({ target }) => path === target && path.endsWith('.sock'))
  );
}

function rowOf(
  from: string,
  to: string,
  table: AttackTable,
  attack: { readonly tries: string; readonly errors: readonly string[] },
  outcome: { observed: State; evidence: string; fix: string },
): Row {
  return judge({
    ...{ from, to, via: 'attack', what: `${table.class}: ${attack.tries}`, declared: null },
    ...outcome,
    attack: {
      class: table.class,
      property: table.property,
      wanted: attack.errors.join(' or '),
    },
  });
}

/** Its errors are numbers; a word says that it was not run. */
export function judgeProgram(wanted: readonly string[], outcome: string | undefined) {
  return cannotRun(outcome ?? '') ?? judgeError(wanted, errorName(outcome));
}

/** `undefined`: it was not tried. */
export function judgeError(
  wanted: readonly string[],
  code: string | undefined,
): { observed: State; evidence: string } {
  if (code === undefined) return { observed: 'unknown', evidence: 'it could not be tried' };
  if (code === 'done') return { observed: 'open', evidence: 'it was given' };
  if (code === 'masked') return { observed: 'denied', evidence: 'nothing stands in its place' };
  if (wanted.includes(code)) return { observed: 'denied', evidence: code };
  return { observed: 'unknown', evidence: `${code}, and not ${wanted.join(' or ')}` };
}

/** What a tiny program ends with: 0, or an errno. */
export function errorName(outcome: string | undefined): string | undefined {
  if (outcome === '0') return 'done';
  const found = Object.entries(constants.errno).find(([, number]) => String(number) === outcome);
  return found?.[0] ?? outcome;
}
