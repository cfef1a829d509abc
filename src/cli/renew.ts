// Renews the certificates that are about to expire and gives them to the ingress that runs, whose
// connections stay. Changes nothing else: what is declared otherwise by now is for `up`.

import type { Step } from '../plan/model.ts';
import { readEnvironment } from './env.ts';
import type { StackFlags } from './flags.ts';
import { prepareStack, rememberFlags } from './prepared.ts';
import { readRecord, writeRecord } from './record.ts';
import { declareStack } from './stack.ts';
import { openStateDir } from './state.ts';
import { applySteps } from './up/apply.ts';
import { lockForUp } from './up/lock.ts';
import { makeSecrets } from './up/prepare.ts';

export interface Renewed {
  /** Names of the secrets that were made. */
  readonly made: readonly string[];
  /** Names of the services that were given them. */
  readonly given: readonly string[];
}

/** @throws ClincherError what loading, making and the driver throw */
export async function renew(flags: StackFlags, stateDir: string): Promise<Renewed> {
  const remembered = await rememberFlags(flags, stateDir);
  const declared = await declareStack(remembered);
  await openStateDir(stateDir, readEnvironment().uid);
  using _lock = await lockForUp(stateDir);
  const made = await makeSecrets(declared, stateDir);
  const stack = await prepareStack(remembered, stateDir, declared);
  await using driver = stack.driver;
  const refreshes = stack.diff.steps.filter(isRefresh);
  await applySteps(refreshes, (step) => driver.apply(step), { waitingFor: () => undefined });
  const given = refreshes.map(({ service }) => service.name);
  const before = await readRecord(stateDir);
  if (before !== null) {
    const known = given.map((name) => [name, stack.record.secrets[name] ?? '']);
    const secrets = { ...before.secrets, ...Object.fromEntries(known) };
    await writeRecord(stateDir, { ...before, secrets });
  }
  return { made, given };
}

function isRefresh(step: Step): step is Extract<Step, { kind: 'refresh' }> {
  return step.kind === 'refresh';
}
