// Does verification go red when it must? Plants every hole in a copy of a stack, and asks that what
// must find it does. Several at once, where each is in a service of its own and has ways of its own
// to be found: a stack takes its time. The clean copy must be green, or red would mean nothing.

import { attackTables } from '../attacks/index.ts';
import type { KernelTable, SandboxTable } from '../attacks/model.ts';
import { canaryMarks } from '../attacks/sandbox/tables.ts';
import { openCanaries } from '../canary.ts';
import { runOnHost } from '../host-probes.ts';
import { kernelRows } from '../inside-attacks.ts';
import type { Report, Row } from '../model.ts';
import { createProbes, type Probes } from '../probe-program.ts';
import { attackRows } from '../run-attacks.ts';
import { rowsThrough, type WayIn } from '../sandbox-attacks.ts';
import { openSharedMemory } from '../shared-memory.ts';
import { verify } from '../verify.ts';
import { furtherHoles, type PlantedHole, plantedHoles } from './holes.ts';
import { plant, type StackCopy } from './stack-copy.ts';

export interface Shown {
  readonly name: string;
  /** What found it: ways of trying, classes of attacks. */
  readonly fired: readonly string[];
  /** What must have found it and did not. */
  readonly missed: readonly string[];
  /** What differed by it while it was there. */
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
  const clean = differencesOf({ rows: await rowsOfClean(copy) });
  const shown: Shown[] = [];
  const add = (one: Shown) => {
    shown.push(one);
    tell(one);
  };
  let planted: readonly PlantedHole[] = [];
  for (const round of roundsOf([...plantedHoles, ...furtherHoles])) {
    await change(copy, planted, round);
    planted = round;
    const rows = await rowsWith(copy, round);
    for (const hole of round) add(shownOf(hole, ownRows(hole, round, rows)));
  }
  await change(copy, planted, []);
  add(await showOnHost(copy));
  const missed = shown.some((one) => one.missed.length > 0);
  return { exitCode: clean.length > 0 || missed ? 1 : 0, clean, shown };
}

/** Each in the first where its service is free and nobody else is found as it is. */
export function roundsOf(holes: readonly PlantedHole[]): PlantedHole[][] {
  const rounds: PlantedHole[][] = [];
  for (const hole of holes) {
    const round = rounds.find((one) => one.every((other) => canBeTold(hole, other)));
    if (round === undefined) rounds.push([hole]);
    else round.push(hole);
  }
  return rounds;
}

function canBeTold(hole: PlantedHole, other: PlantedHole): boolean {
  const isAttack = hole.attacks !== undefined;
  if (hole.service === other.service || isAttack !== (other.attacks !== undefined)) return false;
  const [own, others] = isAttack ? [hole.attacks, other.attacks] : [hole.fires, other.fires];
  return !own?.some((one) => (others as readonly string[]).includes(one));
}

/** From one round to the next: who has no hole any more is as it was. */
async function change(
  copy: StackCopy,
  before: readonly PlantedHole[],
  round: readonly PlantedHole[],
): Promise<void> {
  const touched = round.filter(({ twin }) => twin === undefined);
  const mended = before.filter(
    ({ service, twin }) => twin === undefined && touched.every((one) => one.service !== service),
  );
  await Promise.all([
    ...mended.map(({ service }) => plant(copy, service, () => ({}))),
    ...touched.map(({ service, change: make }) =>
      make === null
        ? copy.driver.apply({ kind: 'stop', name: service })
        : plant(copy, service, (plan) => make(plan, copy)),
    ),
  ]);
}

async function rowsWith(copy: StackCopy, round: readonly PlantedHole[]): Promise<readonly Row[]> {
  const classes = round.flatMap(({ attacks = [] }) => attacks);
  if (classes.length === 0) return (await verifyCopy(copy)).rows;
  const { topology, plan, driver } = copy;
  const tables = attackTables.filter((table) => classes.includes(table.class));
  const twin = round.find((hole) => hole.twin !== undefined)?.twin;
  return attackRows(topology, plan, driver, attackDeadlineMs, tables, twin);
}

/** By its class, where it is an attack's; else by who let it through, who tried, at whom. */
function ownRows(hole: PlantedHole, round: readonly PlantedHole[], rows: readonly Row[]) {
  const hasHole = (name: string) => round.some(({ service }) => service === name);
  return rows.filter(({ from, to, what, attack }) => {
    if (attack !== undefined) return hole.attacks?.includes(attack.class) === true;
    const guard = / through (\S+)$/.exec(what)?.[1] ?? '';
    const whose = [guard, from, to].find(hasHole);
    return whose === hole.service;
  });
}

function shownOf(hole: PlantedHole, tried: readonly Row[]): Shown {
  const rows = differencesOf({ rows: tried });
  const found = new Set<string>(rows.flatMap(({ via, attack }) => [via, attack?.class ?? via]));
  const wanted: readonly string[] = [...hole.fires, ...(hole.attacks ?? [])];
  const refused = tried.filter(
    ({ to, attack, observed }) => attack && to === hole.service && observed !== 'open',
  );
  return {
    ...{ name: hole.name, rows },
    fired: wanted.filter((one) => found.has(one)),
    missed: [
      ...wanted.filter((one) => !found.has(one) && !whereThereIsOne.has(one)),
      ...(hole.everyRow === true ? refused.map(({ what }) => what) : []),
    ],
  };
}

/** No daemon gives the copy a sandbox. */
async function rowsOfClean(copy: StackCopy): Promise<readonly Row[]> {
  const { topology, plan, driver } = copy;
  const tables = attackTables.filter(({ kind }) => kind !== 'sandbox');
  const { rows } = await verifyCopy(copy);
  return [...rows, ...(await attackRows(topology, plan, driver, attackDeadlineMs, tables))];
}

function verifyCopy({ topology, plan, driver, secrets, stateDir }: StackCopy): Promise<Report> {
  return verify(topology, plan, driver, { secrets, forbiddenPaths: [stateDir] });
}

function differencesOf({ rows }: { readonly rows: readonly Row[] }): readonly Row[] {
  return rows.filter(({ verdict }) => verdict === 'difference');
}

/** Of the others an ordinary user is given nothing outside a jail either. */
const givenToAnybody = [
  ...['kernel-families', 'kernel-memory', 'kernel-namespaces', 'kernel-faces'],
  ...['sandbox-reach', 'sandbox-files'],
];

/**
 * No plan can take a jail's rights or its filter away, and the copy has no sandbox to plant a hole
 * in. The same is asked on the host, where no jail is: of each class some must be granted.
 */
async function showOnHost({ topology, plan }: StackCopy): Promise<Shown> {
  await using canaries = await openCanaries();
  const host = await createProbes((_, program, input) =>
    runOnHost(program, input, attackDeadlineMs),
  );
  await using memory = await openSharedMemory(host);
  const field = { topology, plan, inside: host, outside: host, canaries, memory };
  const kernel = attackTables.filter((table): table is KernelTable => table.kind === 'kernel');
  const rows = [
    ...(await kernelRows('host', kernel, field)),
    ...(await rowsThrough(hostAsSandbox(host), onHost(), field)),
  ];
  const given = new Set(
    rows.flatMap(({ attack, observed }) => (observed === 'open' ? (attack?.class ?? []) : [])),
  );
  return {
    rows: rows.filter(({ verdict }) => verdict === 'difference'),
    name: 'no jail at all: the same is asked on the host',
    fired: [...given],
    missed: givenToAnybody.filter((one) => !given.has(one)),
  };
}

function hostAsSandbox({ command }: Probes): WayIn {
  const argv = ['python3', '-'];
  return {
    ...{ sandbox: 'host', isJail: true },
    run: (input) => command('host', { argv, input, deadlineMs: attackDeadlineMs }),
  };
}

/** Where there is no jail nothing but the canaries is dialled: the rest would leave the machine. */
function onHost() {
  const isOurs = (target: string) =>
    Object.values(canaryMarks).some((mark) => target.includes(mark));
  const sandbox = attackTables
    .filter((table): table is SandboxTable => table.kind === 'sandbox')
    .map((table) => ({ ...table, attacks: table.attacks.filter(({ target }) => isOurs(target)) }));
  return { kernel: [], path: [], sandbox };
}
