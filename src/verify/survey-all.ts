// Sends the surveying probes into every running service; who cannot be asked is kept with the
// reason.

import type { Driver, Observed } from '../drivers/driver.ts';
import type { Plan } from '../plan/model.ts';
import type { Topology } from '../topology/model.ts';
import { inTurns } from './in-turns.ts';
import type { Probes } from './probe-program.ts';
import type { FilesInput } from './probes/files.ts';
import type { SecretsInput } from './probes/secrets.ts';
import type { SystemInput } from './probes/system.ts';
import { leftToOthers, searchersOf, withFound } from './searched-once.ts';
import type { Surveyed, Unasked } from './survey.ts';

export interface SurveyInputs {
  readonly system: SystemInput;
  readonly files: FilesInput;
  readonly secrets: SecretsInput;
}

export interface Stack {
  readonly topology: Topology;
  readonly plan: Plan;
  readonly driver: Driver;
  readonly observed: Observed;
}

export async function surveyAll(
  stack: Stack,
  probes: Probes,
  inputs: SurveyInputs,
  atOnce: number,
): Promise<{ services: Surveyed[]; unasked: Unasked[] }> {
  const declared = stack.topology.services.filter(({ host }) => host === 'app');
  const isRunning = (name: string) =>
    stack.observed.services.some((one) => one.name === name && one.pid !== null);
  const searchers = searchersOf(stack.plan.services.filter(({ name }) => isRunning(name)));
  const all = await inTurns(declared, atOnce, (service) => {
    const secrets = { ...inputs.secrets, leftOut: leftToOthers(service.name, searchers) };
    return survey(service, stack, probes, { ...inputs, secrets });
  });
  const services = all.filter((one): one is Surveyed => 'system' in one);
  return {
    services: withFound(services, searchers),
    unasked: all.filter((one): one is Unasked => 'why' in one),
  };
}

async function survey(
  service: Topology['services'][number],
  { plan, driver, observed }: Stack,
  probes: Probes,
  inputs: SurveyInputs,
): Promise<Surveyed | Unasked> {
  const { name } = service;
  const planned = plan.services.find((each) => each.name === name);
  const running = observed.services.find((each) => each.name === name);
  if (planned === undefined)
    return { name, service, state: 'absent', why: 'the plan has no such service' };
  if (running === undefined || running.pid === null) {
    const why = running?.detail ?? 'nothing runs under that name';
    return { name, service, state: running?.state ?? 'absent', why };
  }
  try {
    // Alone, before any probe: a program that is just joining still has the rights of where it
    // comes from.
    const inspection = await driver.inspect(name);
    const [system, files, secrets] = await Promise.all([
      probes.system(name, inputs.system),
      probes.files(name, inputs.files),
      probes.secrets(name, inputs.secrets),
    ]);
    return { name, service, plan: planned, system, files, secrets, inspection };
  } catch (error) {
    return {
      name,
      service,
      state: running.state,
      why: `it could not be probed: ${(error as Error).message}`,
    };
  }
}
