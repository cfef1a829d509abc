// `clincher up`, told as a story: what is declared, is it safe, is everything here, what would
// change, do it, say where it is.

import { exitCodes } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import { heldOnlyByMonitor } from '../../topology/monitor-host.ts';
import { noteCertificates } from '../certificates.ts';
import { readEnvironment } from '../env.ts';
import { stateDirOf, type UpFlags } from '../flags.ts';
import { output } from '../output.ts';
import { type PreparedStack, prepareStack } from '../prepared.ts';
import { type Progress, standardProgress } from '../progress.ts';
import { openStateDir } from '../state.ts';
import { bringUp } from './bring-up.ts';
import { sayClosing } from './closing.ts';
import { type StopSignals, stopSignals, untilStopped } from './foreground.ts';
import { installWhatIsMissing } from './install.ts';
import { type Keeper, startKeeper } from './keeper.ts';
import { lockForUp } from './lock.ts';
import { lookAfter } from './look-after.ts';
import { declareAndCheck, makeSecrets } from './prepare.ts';
import { firstOfPublicCa } from './public-certificate.ts';

/**
 * Resolves to the exit code; in the foreground, once the stack is down again.
 * @throws ClincherError for everything that ends it before the stack is up; nothing half-started
 * stays
 */
export async function up(flags: UpFlags): Promise<number> {
  const progress = standardProgress(flags.json === true);
  using signals = stopSignals();
  const { stack, keeper: own } = await change(flags, progress, signals);
  await using _driver = stack.driver;
  const keeper = own ?? (await stayWith(stack, flags));
  if (stack.diff.steps.length === 0 && keeper === null) return exitCodes.fine;
  const foreground = keeper !== null && flags.detach !== true;
  sayClosing(stack, flags, foreground);
  if (!foreground) return exitCodes.fine;
  const why = await untilStopped(signals, keeper);
  if (why === null) return stoppedElsewhere(await keeper.ended);
  await progress.phase('taking down', async () => {
    await keeper.close();
    return 'every service is stopped';
  });
  return exitCodes.fine;
}

/** Docker has started the containers again before whoever keeps the stack has come back. */
async function stayWith(stack: PreparedStack, flags: UpFlags): Promise<Keeper | null> {
  const isAsked = flags.stay === true && stack.driver.name !== 'embedded';
  return isAsked ? startKeeper(stack, flags) : null;
}

interface Changed {
  readonly stack: PreparedStack;
  /** Null where a stack was up already. */
  readonly keeper: Keeper | null;
}

async function change(flags: UpFlags, progress: Progress, signals: StopSignals): Promise<Changed> {
  const stateDir = stateDirOf(flags);
  const declared = await declareAndCheck(flags, progress);
  await openStateDir(stateDir, readEnvironment().uid);
  using _lock = await lockForUp(stateDir);
  // Before anything that takes long.
  await progress.phase('secrets', async () => {
    const made = await makeSecrets(declared, stateDir);
    return made.length === 0 ? null : `made ${made.join(', ')}`;
  });
  await Promise.race([installWhatIsMissing(declared, stateDir, progress), signals.interrupted()]);
  const stack = await prepareStack(flags, stateDir, declared);
  warnOfMissing(stack, progress);
  await noteCertificates(stateDir, stack.secrets.values);
  if (stack.diff.steps.length > 0) {
    const keeper = await bringUp(stack, flags, progress, signals);
    await lookAfter(stack, flags, progress);
    await firstOfPublicCa(stack, flags, progress);
    return { stack, keeper };
  }
  await lookAfter(stack, flags, progress);
  await firstOfPublicCa(stack, flags, progress);
  progress.note(`nothing changes: all ${stack.plan.services.length} services run as declared`);
  return { stack, keeper: null };
}

/** A provider without its key is no reason not to come up: llm says so when it is asked. */
function warnOfMissing({ secrets, declared }: PreparedStack, progress: Progress): void {
  for (const { declaration, message, fix } of secrets.missing) {
    // Nobody here needs what the monitor's services hold; it is asked for with their bundle.
    if (heldOnlyByMonitor(declared.topology, declaration.name)) continue;
    if (declaration.kind !== 'provider-key') {
      throw new ClincherError('secret-missing', `${declaration.name}: ${message}`, {
        fix,
        at: declaration.at,
      });
    }
    progress.warn(`${message} ${fix} Until then its models are refused.`);
  }
}

/** `clincher down` ends the supervisor with 0; anything else is not what was asked for. */
function stoppedElsewhere(how: string): number {
  const asked = how === 'exit code 0';
  if (asked) output.note('taken down by clincher down');
  else output.note(`clincher: the supervisor ended (${how}); logs/supervisor.log says why`);
  return asked ? exitCodes.fine : exitCodes.environment;
}
