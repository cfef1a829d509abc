// Renews the certificates that are about to expire and gives them to the ingress that runs, whose
// connections stay. Changes nothing else: what is declared otherwise by now is for `up`.

import { systemWorld } from '../kit/world.ts';
import type { Step } from '../plan/model.ts';
import { acmeOf } from '../topology/options.ts';
import type { PublicRenewal } from './acme/renew-public.ts';
import { noteCertificates } from './certificates.ts';
import { readEnvironment } from './env.ts';
import type { StackFlags } from './flags.ts';
import { prepareStack, rememberFlags } from './prepared.ts';
import { readRecord, writeRecord } from './record.ts';
import { openDriver } from './running.ts';
import { type DeclaredStack, declareStack } from './stack.ts';
import { openStateDir } from './state.ts';
import { applySteps } from './up/apply.ts';
import { lockForUp } from './up/lock.ts';
import { makeSecrets } from './up/prepare.ts';

export interface Renewed {
  /** Names of the secrets that were made. */
  readonly made: readonly string[];
  /** Names of the services that were given them. */
  readonly given: readonly string[];
  /** What came of asking a public CA; null where none is. */
  readonly public: PublicRenewal | null;
}

/** @throws ClincherError what loading, making and the driver throw */
export async function renew(flags: StackFlags, stateDir: string): Promise<Renewed> {
  const remembered = await rememberFlags(flags, stateDir);
  const declared = await declareStack(remembered);
  await openStateDir(stateDir, readEnvironment().uid);
  using _lock = await lockForUp(stateDir);
  const made = await makeSecrets(declared, stateDir);
  const asked = await askPublicCa(declared, stateDir);
  const ordered = asked?.kind === 'ordered' ? await makeSecrets(declared, stateDir) : [];
  const given = await giveRenewed(remembered, stateDir, declared);
  return { made: [...made, ...ordered], given, public: asked };
}

/** @throws ClincherError for what the CA has no part in */
export async function askPublicCa(
  declared: DeclaredStack,
  stateDir: string,
): Promise<PublicRenewal | null> {
  if (acmeOf(declared.options) === null) return null;
  // What asks and signs takes a while to load, and is needed every few weeks.
  const { renewPublic } = await import('./acme/renew-public.ts');
  const isUp = async () => {
    await using driver = await openDriver(stateDir);
    return driver.isUp();
  };
  return renewPublic(declared, stateDir, { ...systemWorld(), isUp });
}

/** Resolves to the names of the services that were given what they read again. */
export async function giveRenewed(
  flags: StackFlags,
  stateDir: string,
  declared: DeclaredStack,
): Promise<readonly string[]> {
  const stack = await prepareStack(flags, stateDir, declared);
  await using driver = stack.driver;
  const refreshes = stack.diff.steps.filter(isRefresh);
  await applySteps(refreshes, (step) => driver.apply(step), { waitingFor: () => undefined });
  await noteCertificates(stateDir, stack.secrets.values);
  const given = refreshes.map(({ service }) => service.name);
  const before = await readRecord(stateDir);
  if (before !== null) {
    const known = given.map((name) => [name, stack.record.secrets[name] ?? '']);
    const secrets = { ...before.secrets, ...Object.fromEntries(known) };
    await writeRecord(stateDir, { ...before, secrets });
  }
  return given;
}

function isRefresh(step: Step): step is Extract<Step, { kind: 'refresh' }> {
  return step.kind === 'refresh';
}
