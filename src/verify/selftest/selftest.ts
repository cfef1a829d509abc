// Does verification go red when it must? Plants every hole in a copy of a stack, one at a time, and
// asks that what must find it does. The clean copy must be green first, or red would mean nothing.

import { attackTables } from '../attacks/index.ts';
import type { KernelTable } from '../attacks/model.ts';
import { runOnHost } from '../host-probes.ts';
import { kernelRows } from '../inside-attacks.ts';
import type { Report, Row } from '../model.ts';
import { createProbes } from '../probe-program.ts';
import { attackRows } from '../run-attacks.ts';
import { verify } from '../verify.ts';
import { furtherHoles, type PlantedHole, plantedHoles } from './holes.ts';
import { plant, type StackCopy } from './stack-copy.ts';

export interface Shown {
  readonly name: string;
  /** What found it: ways of trying, classes of attacks. */
  readonly fired: readonly string[];
  /** What must have found it and did not. */
  readonly missed: readonly string[];
  /** What differed while the hole was there. */
  readonly rows: readonly Row[];
}

export interface Selftest {
  readonly exitCode: 0 | 1;
  /** What differs in the clean copy. */
  readonly clean: readonly Row[];
  readonly shown: readonly Shown[];
}

/** A machine without a resolver, without IPv6 or without ping for users has nothing to be found. */
const whereThereIsOne = new Set(['dns', 'icmp', 'tcp6', 'udp6']);
const attackDeadlineMs = 60_000;

export async function selftest(copy: StackCopy, tell: (shown: Shown) => void): Promise<Selftest> {
  const clean = differencesOf(await verifyCopy(copy, true));
  const shown: Shown[] = [];
  const add = (one: Shown) => {
    shown.push(one);
    tell(one);
  };
  for (const hole of [...plantedHoles, ...furtherHoles]) add(await show(hole, copy));
  add(await showOnHost(copy));
  const missed = shown.some((one) => one.missed.length > 0);
  return { exitCode: clean.length > 0 || missed ? 1 : 0, clean, shown };
}

async function show(hole: PlantedHole, copy: StackCopy): Promise<Shown> {
  const { change, service, attacks } = hole;
  if (change === null) await copy.driver.apply({ kind: 'stop', name: service });
  else await plant(copy, service, (plan) => change(plan, copy));
  try {
    const rows =
      attacks === undefined
        ? differencesOf(await verifyCopy(copy, false))
        : await attackCopy(copy, attacks);
    const found = new Set<string>(rows.flatMap(({ via, attack }) => [via, attack?.class ?? via]));
    const wanted: readonly string[] = [...hole.fires, ...(attacks ?? [])];
    return {
      ...{ name: hole.name, rows },
      fired: wanted.filter((one) => found.has(one)),
      missed: wanted.filter((one) => !found.has(one) && !whereThereIsOne.has(one)),
    };
  } finally {
    await plant(copy, service, () => ({}));
  }
}

async function attackCopy(copy: StackCopy, classes: readonly string[]): Promise<readonly Row[]> {
  const { topology, plan, driver } = copy;
  const tables = attackTables.filter((table) => classes.includes(table.class));
  const rows = await attackRows(topology, plan, driver, attackDeadlineMs, tables);
  return rows.filter(({ verdict }) => verdict === 'difference');
}

function verifyCopy(
  { topology, plan, driver, secrets, stateDir }: StackCopy,
  attacks: boolean,
): Promise<Report> {
  return verify(topology, plan, driver, { secrets, forbiddenPaths: [stateDir], attacks });
}

function differencesOf({ rows }: Report): readonly Row[] {
  return rows.filter(({ verdict }) => verdict === 'difference');
}

/** Of the others an ordinary user is given nothing outside a jail either. */
const givenToAnybody = ['kernel-families', 'kernel-namespaces', 'kernel-faces'];

/**
 * No plan can take a jail's rights or its filter away. The same questions are asked of the kernel
 * on the host, where no jail is: of each class some must be granted.
 */
async function showOnHost({ topology, plan }: StackCopy): Promise<Shown> {
  const tables = attackTables.filter((table): table is KernelTable => table.kind === 'kernel');
  const host = await createProbes((_, program, input) =>
    runOnHost(program, input, attackDeadlineMs),
  );
  const field = { topology, plan, inside: host, outside: host, canaryPort: 0 };
  const rows = await kernelRows('host', tables, field);
  const given = new Set(
    rows.flatMap(({ attack, verdict }) => (verdict === 'difference' ? (attack?.class ?? []) : [])),
  );
  return {
    rows,
    name: 'no jail at all: the kernel is asked on the host',
    fired: [...given],
    missed: givenToAnybody.filter((one) => !given.has(one)),
  };
}
