// `clincher up`, told as a story: what is declared, is it safe, is everything here, what would
// change, do it, say where it is.

import { exitCodes } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import type { UpFlags } from '../commands/up.ts';
import { readEnvironment } from '../env.ts';
import { stateDirOf } from '../flags.ts';
import { output } from '../output.ts';
import { type PreparedStack, prepareStack } from '../prepared.ts';
import { createProgress, type Progress } from '../progress.ts';
import { openStateDir } from '../state.ts';
import { bringUp } from './bring-up.ts';
import { sayClosing } from './closing.ts';
import { stopSignals, untilStopped } from './foreground.ts';
import { installWhatIsMissing } from './install.ts';
import { declareAndCheck, makeSecrets } from './prepare.ts';

/**
 * Resolves to the exit code; in the foreground, once the stack is down again.
 * @throws ClincherError for everything that ends it before the stack is up; nothing half-started
 * stays
 */
export async function up(flags: UpFlags): Promise<number> {
  const progress = progressFor(flags);
  const stateDir = stateDirOf(flags);
  const declared = await declareAndCheck(flags, progress);
  await openStateDir(stateDir, readEnvironment().uid);
  await makeSecrets(declared, stateDir, progress);
  await installWhatIsMissing(declared, progress);
  const stack = await prepareStack(flags, stateDir, declared);
  await using _driver = stack.driver;
  warnOfMissing(stack, progress);
  if (stack.diff.steps.length === 0) {
    progress.note(`nothing changes: all ${stack.plan.services.length} services run as declared`);
    return exitCodes.fine;
  }
  using signals = stopSignals();
  const supervisor = await bringUp(stack, flags, progress, signals);
  const foreground = supervisor !== null && flags.detach !== true;
  if (flags.json !== true) sayClosing(stack, flags, foreground);
  if (!foreground) return exitCodes.fine;
  const why = await untilStopped(signals, supervisor);
  if (why === null) return (await stoppedElsewhere(supervisor.ended)) ? exitCodes.fine : 3;
  await progress.phase('taking down', async () => {
    await supervisor.close();
    return 'every service is stopped';
  });
  return exitCodes.fine;
}

function progressFor(flags: UpFlags): Progress {
  const live = process.stderr.isTTY === true;
  const kind = flags.json === true ? 'json' : live ? 'terminal' : 'plain';
  const stream = flags.json === true ? process.stdout : process.stderr;
  return createProgress(kind, {
    write: (text) => void stream.write(text),
    columns: () => process.stderr.columns ?? 0,
    monotonicMs: () => performance.now(),
  });
}

/** A provider without its key is no reason not to come up: llm says so when it is asked. */
function warnOfMissing({ secrets }: PreparedStack, progress: Progress): void {
  for (const { declaration, message, fix } of secrets.missing) {
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
async function stoppedElsewhere(ended: Promise<string>): Promise<boolean> {
  const how = await ended;
  if (how === 'exit code 0') output.note('taken down by clincher down');
  else output.note(`clincher: the supervisor ended (${how}); logs/supervisor.log says why`);
  return how === 'exit code 0';
}
