// Starts the raw stack with given holes, verifies it once, and takes it down: one line per case in
// the tests.

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Driver } from '../drivers/driver.ts';
import { Secret } from '../kit/secret.ts';
import type { Plan } from '../plan/model.ts';
import type { Report, Row } from '../verify/model.ts';
import { verify } from '../verify/verify.ts';
import { type Hole, startRawJails } from './raw-jail.ts';
import { type RawStack, rawStack } from './raw-jail-stack.ts';

export interface RawCase {
  readonly holes?: Readonly<Record<string, Hole>> | ((folder: string) => Record<string, Hole>);
  readonly leaveOut?: readonly string[];
  readonly kill?: readonly string[];
  /** What is really started; verified against is the clean plan. */
  readonly plan?: (plan: Plan) => Plan;
  readonly answers?: Readonly<Record<string, readonly [number, string]>>;
}

/** The folder holds `edges/ID`, `services/NAME/{state,secrets}`, `docker.sock` and `planted/`. */
export async function verifyRaw(change: RawCase = {}): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'clincher-raw-'));
  await using kept = new AsyncDisposableStack();
  kept.defer(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'planted'));
  const docker = createServer((socket) => socket.destroy()).listen(join(folder, 'docker.sock'));
  await once(docker, 'listening');
  kept.defer(() => new Promise((resolve) => docker.close(() => resolve())));
  const stack = rawStack(join(folder, 'docker.sock'), 8_443);
  const holes = typeof change.holes === 'function' ? change.holes(folder) : (change.holes ?? {});
  const driver = await start(stack, folder, holes, change);
  kept.defer(() => driver[Symbol.asyncDispose]());
  const values = [...stack.secrets].map(([name, value]): [string, Secret] => [
    name,
    new Secret(value),
  ]);
  return await verify(stack.topology, stack.plan, driver, {
    secrets: new Map(values),
    forbiddenPaths: [folder],
  });
}

function start(
  stack: RawStack,
  folder: string,
  holes: Readonly<Record<string, Hole>>,
  change: RawCase,
): Promise<Driver> {
  const plan = change.plan?.(stack.plan) ?? stack.plan;
  const answers = { ...stack.answers, ...change.answers };
  const { leaveOut = [], kill = [] } = change;
  return startRawJails(plan, { folder, secrets: stack.secrets, answers, holes, leaveOut, kill });
}

/** `from -> to via what: observed`, for what differs. */
export function differences(report: Report): string[] {
  return report.rows.filter(({ verdict }) => verdict === 'difference').map(shortly);
}

export function shortly({ from, to, via, what, observed }: Row): string {
  return `${from} -> ${to} ${via} ${what}: ${observed}`;
}
