// Everything a change of the running stack needs, put together once: what is declared, the plan,
// the secrets, the driver, and what would change. Makes and starts nothing.

import { createHash, randomBytes } from 'node:crypto';
import type { Observed } from '../drivers/driver.ts';
import type { Secret } from '../kit/secret.ts';
import { diffPlans, nothingChanges, type PlanDiff, sentenceOf } from '../plan/diff.ts';
import type { Plan, ServicePlan, Step } from '../plan/model.ts';
import { planFor } from './containers.ts';
import { readEnvironment } from './env.ts';
import { configFileOf, type StackFlags } from './flags.ts';
import { readRecord, type UpRecord } from './record.ts';
import { openDriver, type StackDriver } from './running.ts';
import { type ResolvedSecrets, resolveSecrets } from './secrets/resolve.ts';
import { generatedStore, userStore } from './secrets/stores.ts';
import { type DeclaredStack, declareStack } from './stack.ts';

export interface PreparedStack {
  readonly stateDir: string;
  readonly declared: DeclaredStack;
  readonly plan: Plan;
  readonly secrets: ResolvedSecrets;
  readonly driver: StackDriver;
  readonly observed: Observed;
  /** What to write down once the plan is applied. */
  readonly record: UpRecord;
  readonly diff: PlanDiff;
}

/** What was brought up with --demo or --driver is meant so, when it is asked about afterwards. */
export async function rememberFlags(flags: StackFlags, stateDir: string): Promise<StackFlags> {
  const record = await readRecord(stateDir);
  const isSame = record?.config === configFileOf(flags);
  const demo = flags.demo ?? (isSame && record?.demo === true);
  const driver = flags.driver ?? (isSame ? record?.instead : undefined);
  return { ...flags, demo, ...(driver === undefined ? {} : { driver }) };
}

export async function prepareStack(
  flags: StackFlags,
  stateDir: string,
  declared?: DeclaredStack,
): Promise<PreparedStack> {
  const stack = declared ?? (await declareStack(flags));
  const { version } = stack.options.agent;
  const plan = await planFor(stack.topology, version, stateDir);
  const secrets = await resolveSecrets(stack.topology.secrets, {
    variables: readEnvironment().variables,
    baseDir: stack.dir,
    generated: generatedStore(stateDir),
    stored: userStore(stateDir),
  });
  const secretOf = async (name: string) => secrets.values.get(name) ?? null;
  const { driver: name, swarm } = stack.topology;
  const driver = await openDriver(stateDir, { driver: name, swarm, secrets: secretOf });
  const observed = await driver.observe();
  const before = await readRecord(stateDir);
  const record: UpRecord = {
    version: 1,
    config: configFileOf(flags),
    demo: stack.options.demo,
    ...(flags.driver === undefined ? {} : { instead: flags.driver }),
    topology: stack.topology,
    ...digests(plan, secrets.values, before?.salt ?? randomBytes(32).toString('hex')),
  };
  const { services } = observed;
  const running = services.length === 0 ? null : observed;
  const topologies = { before: running && (before?.topology ?? null), after: stack.topology };
  const diff = withNewSecrets(diffPlans(running, plan, topologies), plan, before, record);
  return { stateDir, declared: stack, plan, secrets, driver, observed, record, diff };
}

function digests(
  plan: Plan,
  values: ReadonlyMap<string, Secret>,
  salt: string,
): Pick<UpRecord, 'salt' | 'secrets'> {
  const digest = ({ name, secrets, live = [] }: ServicePlan) => {
    const hash = createHash('sha256').update(salt);
    for (const secret of secrets) hash.update(`\0${secret}\0${values.get(secret)?.reveal() ?? ''}`);
    for (const { content } of live) hash.update(`\0${content}`);
    return [name, hash.digest('hex')] as const;
  };
  return { salt, secrets: Object.fromEntries(plan.services.map(digest)) };
}

/**
 * A service that was started with another value of a secret is replaced, although its plan is the
 * same; one that reads them again is given it.
 */
function withNewSecrets(
  diff: PlanDiff,
  plan: Plan,
  before: UpRecord | null,
  now: UpRecord,
): PlanDiff {
  const touched = new Set(
    diff.steps.map((step) => ('service' in step ? step.service.name : step.name)),
  );
  const stale = plan.services.filter(
    ({ name }) =>
      !touched.has(name) && before !== null && before.secrets[name] !== now.secrets[name],
  );
  if (stale.length === 0) return diff;
  const steps = stale.map((service): Step => {
    return { kind: service.live === undefined ? 'replace' : 'refresh', service };
  });
  const sentences = steps.map((step) =>
    step.kind === 'replace'
      ? `replaces ${step.service.name}: a secret it holds has another value`
      : sentenceOf(step),
  );
  const kept = diff.sentences.filter((sentence) => sentence !== nothingChanges);
  return {
    steps: [...diff.steps, ...steps],
    sentences: [...sentences, ...kept],
  };
}
