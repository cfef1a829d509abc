// The last part of `up`: a supervisor where there is none, then the steps. What fails takes down
// what this run has started, and nothing else.

import { codes, type ErrorCode } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import type { Finding } from '../../kit/finding.ts';
import { readEnvironment } from '../env.ts';
import type { UpFlags } from '../flags.ts';
import type { PreparedStack } from '../prepared.ts';
import type { Progress } from '../progress.ts';
import { writeRecord } from '../record.ts';
import { thisDockerAlone } from '../running.ts';
import { applySteps } from './apply.ts';
import type { StopSignals } from './foreground.ts';
import { type Keeper, startKeeper } from './keeper.ts';

/** Resolves to what keeps up what this run has started; null where a stack was up already. */
export async function bringUp(
  stack: PreparedStack,
  flags: UpFlags,
  progress: Progress,
  signals: StopSignals,
): Promise<Keeper | null> {
  refuse(await stack.driver.preflight(stack.plan), progress);
  const running = await stack.driver.isUp();
  if (!running) await refuseNodes(stack, progress);
  if (running) for (const sentence of stack.diff.sentences) progress.note(sentence);
  const keeper = running ? null : await startKeeper(stack, flags);
  try {
    await Promise.race([apply(stack, progress), signals.interrupted()]);
    await writeRecord(stack.stateDir, stack.record);
  } catch (error) {
    if (keeper !== null) await takeDown(stack, keeper, progress);
    throw error;
  }
  return keeper;
}

/** With nothing of the stack on them yet: what runs shows by itself what gets through. */
async function refuseNodes(
  { plan, declared: { topology } }: PreparedStack,
  progress: Progress,
): Promise<void> {
  const [image] = plan.services.flatMap(({ container }) => container?.imageIds[0] ?? []);
  if (topology.driver !== 'swarm' || image === undefined) return;
  const { tryNodes } = await import('../swarm/prepare-nodes.ts');
  const machines = topology.swarm ?? thisDockerAlone;
  await progress.phase('nodes', async () => {
    refuse(await tryNodes(machines, image, readEnvironment().variables), progress);
    return 'each hears the others';
  });
}

async function apply({ diff, driver }: PreparedStack, progress: Progress): Promise<void> {
  await progress.phase('services', async (update) => {
    await applySteps(diff.steps, (step) => driver.apply(step), {
      waitingFor: (names) => update(`waiting for ${names.join(', ')}`),
    });
    const { services } = await driver.observe();
    return `${services.map(({ name }) => name).join(', ')} ready`;
  });
}

async function takeDown(
  { driver }: PreparedStack,
  keeper: Keeper,
  progress: Progress,
): Promise<void> {
  await progress.phase('taking down', async () => {
    // A detached supervisor does not keep this process waiting for it.
    const awake = setInterval(() => undefined, 1_000);
    await driver.shutdown();
    if (driver.name === 'embedded') await keeper.ended;
    clearInterval(awake);
    return 'what had started is stopped';
  });
}

/**
 * A finding's id is an error code: the first fatal one gives the exit code, all of them are said.
 */
function refuse(findings: readonly Finding[], progress: Progress): void {
  for (const { severity, message, fix } of findings) {
    if (severity === 'warning') progress.warn(`${message} ${fix}`);
  }
  const [first, ...more] = findings.filter(({ severity }) => severity === 'fatal');
  if (first === undefined) return;
  for (const { message, fix } of more) progress.warn(`${message} ${fix}`);
  const code: ErrorCode = first.id in codes ? (first.id as ErrorCode) : 'system-refused';
  throw new ClincherError(code, first.message, { fix: first.fix });
}
