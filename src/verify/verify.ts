// Is what runs what was declared? Goes into every running service, tries everything, and compares.
// Three rounds: ask everyone what they have, let everyone try everyone and everything else, judge.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { Driver } from '../drivers/driver.ts';
import type { Secret } from '../kit/secret.ts';
import type { Plan } from '../plan/model.ts';
import type { Topology } from '../topology/model.ts';
import { buildAttempts } from './attempts.ts';
import { type Canaries, openCanaries } from './canary.ts';
import { containerRows } from './container-rows.ts';
import { doorRows, hostReach } from './door-rows.ts';
import { fileRows } from './file-rows.ts';
import { runOnHost } from './host-probes.ts';
import { documentationAddresses } from './host-targets.ts';
import { inTurns } from './in-turns.ts';
import { listenerRows } from './listener-rows.ts';
import type { Report, Row } from './model.ts';
import { outsideRows } from './outside-rows.ts';
import { privateRows } from './private-rows.ts';
import { createProbes, type Probes } from './probe-program.ts';
import { askedOf, questionRows } from './question-rows.ts';
import { reachRows, unreachableIn } from './reach-rows.ts';
import { reportOf } from './report.ts';
import { rightRows } from './right-rows.ts';
import { attackRows } from './run-attacks.ts';
import { runningRows } from './running-rows.ts';
import { secretRows } from './secret-rows.ts';
import { searchFor } from './secret-search.ts';
import { settleAddresses, settled } from './settle-addresses.ts';
import { socketRows } from './socket-rows.ts';
import {
  dockerSocketsOf,
  type HostFacts,
  identitiesOf,
  memoryFolders,
  parseResolvers,
  type Surveyed,
  systemFolders,
} from './survey.ts';
import { type SurveyInputs, surveyAll } from './survey-all.ts';
import { targetsOf } from './targets.ts';

export interface VerifyOptions {
  /**
   * Values of the stack's secrets by name: compared here, sent nowhere but as salted fingerprints.
   */
  readonly secrets: ReadonlyMap<string, Secret>;
  /**
   * Host paths that no service may read, beyond the usual ones: the state folder, the user's file.
   */
  readonly forbiddenPaths: readonly string[];
  /** The state folder: its owner's alone, with the secrets in it. */
  readonly stateDir?: string;
  /** How many services are inside a probe at once. */
  readonly servicesAtOnce?: number;
  /** For one program in one service; a program's own waits are shorter. */
  readonly probeDeadlineMs?: number;
  /** Whether what no guard may let through is tried, too. */
  readonly attacks?: boolean;
}

/**
 * A connection that has not been answered by then is not answered: everything tried is local or
 * refused.
 */
const reachDeadlineMs = 1_000;
/** On a bridge the kernel looks for a neighbour for three seconds before it says there is none. */
const bridgedReachDeadlineMs = 4_000;
/** Only who is connected to a canary waits so long, and the canary may be short of time itself. */
const answerMs = 2_000;
/** From one service; what is beyond is a row that is unknown. */
const targetsMax = 4_000;
/** For a machine that has other work: what answers does so in a tenth of it. */
const probeDeadlineMs = 40_000;
/** For all that is tried from one place. */
const attackDeadlineMs = 40_000;
const askDeadlineMs = 15_000;
const walk = { entriesMax: 400_000, deadlineMs: 15_000 };
/** An agent keeps some thousand files, and may have a small part of a busy machine. */
const searchDeadlineMs = 30_000;
const usuallyForbidden = [
  '/etc/shadow',
  '/root',
  '/home',
  '/etc/ssh',
  '/var/lib/docker',
  homedir(),
];

/**
 * @throws ClincherError what the driver's observe() throws. A service that cannot be probed is a
 * row, not an error.
 */
export async function verify(
  topology: Topology,
  plan: Plan,
  driver: Driver,
  options: VerifyOptions,
): Promise<Report> {
  const startedMs = performance.now();
  const startedAt = Date.now();
  const deadlineMs = options.probeDeadlineMs ?? probeDeadlineMs;
  await using canaries = await openCanaries();
  const inside = await createProbes((service, program, input, isApart) =>
    driver.probe(service, program, input, deadlineMs, isApart),
  );
  const outside = await createProbes((_, program, input) => runOnHost(program, input, deadlineMs));
  // First what listens on the host, before anything of ours does for a moment.
  const [observed, host] = await Promise.all([
    driver.observe(),
    hostFacts(outside, topology, plan),
  ]);
  const waits = { deadlineMs: reachDeadlineMs, answerMs };
  const reached = await hostReach(outside, { plan, observed }, canaries, waits);
  const inputs = surveyInputs(options, canaries);
  const atOnce = options.servicesAtOnce ?? 4;
  const { services: surveyed, unasked } = await surveyAll(
    { topology, plan, driver, observed },
    inside,
    inputs,
    atOnce,
  );
  const services = settleAddresses(surveyed);
  const around = { topology, host, canaries, services, unasked, canariesLive: reached.live };
  const tried = await inTurns(services, atOnce, (from) => tryAll(from, around, inside));
  const attacked =
    options.attacks === true
      ? await attackRows(topology, settled(plan, services), driver, attackDeadlineMs)
      : [];
  const rows = [
    ...runningRows(topology, plan, observed, unasked),
    ...doorRows(topology, plan, reached),
    ...(await outsideRows(outside, services, { topology, host, waits })),
    ...(options.stateDir === undefined ? [] : await privateRows(options.stateDir)),
    ...tried.flatMap((each) => each.rows),
    ...services.flatMap((from, index) => [
      ...socketRows(from, around),
      ...listenerRows(from, host, topology),
      ...secretRows(from, options.secrets),
      ...fileRows(from, canaries, host),
      ...rightRows(from, host, services, tried[index]?.unreachable ?? new Set()),
      ...containerRows(from),
    ]),
    ...attacked,
  ];
  const durationMs = performance.now() - startedMs;
  return reportOf(rows, topology, plan, { startedAt, durationMs });
}

async function tryAll(
  from: Surveyed,
  around: Parameters<typeof targetsOf>[1],
  probes: Probes,
): Promise<{ readonly rows: readonly Row[]; readonly unreachable: ReadonlySet<string> }> {
  const targets = targetsOf(from, around);
  const asked = askedOf(from, around.topology, around.canaries);
  const numbered = targets
    .slice(0, targetsMax)
    .map(({ kind, address, port, token }, id) => ({ id, kind, address, port, token }));
  // A service that ends in between has no outcomes: its rows are unknown, which differs.
  const [outcomes, answers] = await Promise.all([
    probes
      .reach(from.name, { targets: numbered, deadlineMs: waitOf(from), answerMs })
      .catch(() => []),
    asked.length === 0
      ? []
      : probes.ask(from.name, { questions: asked, deadlineMs: askDeadlineMs }).catch(() => []),
  ]);
  const rows = [
    ...reachRows(from, targets, outcomes, around.host),
    ...questionRows(from, asked, answers),
  ];
  return { rows, unreachable: unreachableIn(targets, outcomes) };
}

function waitOf({ plan }: Surveyed): number {
  return plan.bridges === undefined ? reachDeadlineMs : bridgedReachDeadlineMs;
}

async function hostFacts(probes: Probes, topology: Topology, plan: Plan): Promise<HostFacts> {
  const sources = plan.services.flatMap(({ mounts }) => mounts.map(({ source }) => source));
  const [system, resolvConf, identities] = await Promise.all([
    probes.system('host', { attempts: [], scratch: [] }),
    readFile('/etc/resolv.conf', 'utf8').catch(() => ''),
    identitiesOf([...sources, ...dockerSocketsOf(topology), ...memoryFolders, ...systemFolders]),
  ]);
  return { system, resolvers: parseResolvers(resolvConf), identities };
}

function surveyInputs(options: VerifyOptions, canaries: Canaries): SurveyInputs {
  const forbidden = [...usuallyForbidden, ...options.forbiddenPaths, canaries.file];
  return {
    system: {
      attempts: buildAttempts(process.arch, documentationAddresses),
      scratch: ['/tmp', '/dev/shm', '/var/lib/clincher', '/run'],
    },
    files: { forbidden: [...new Set(forbidden)], ...walk },
    secrets: searchFor(options.secrets, searchDeadlineMs),
  };
}
