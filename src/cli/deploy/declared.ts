// What a deployment is of: the declaration, judged as `up` judges it, and the secrets that clincher
// makes for every host, made here once: two hosts that made their own would not know one another.

import { readConfigFile } from '../../config/read-file.ts';
import { readEnvironment } from '../env.ts';
import { configFileOf, type StackFlags, stateDirOf } from '../flags.ts';
import { standardProgress } from '../progress.ts';
import type { DeclaredStack } from '../stack.ts';
import { openStateDir } from '../state.ts';
import { declareAndCheck, makeSecrets } from '../up/prepare.ts';

/** @throws ClincherError `config-*`, `check-failed`, `state-unusable` */
export async function declaredForHosts(flags: StackFlags): Promise<DeclaredStack> {
  // A file to start from is for who begins on this machine.
  await readConfigFile(configFileOf(flags));
  const progress = standardProgress(false);
  const declared = await declareAndCheck(flags, progress);
  const stateDir = stateDirOf(flags);
  await openStateDir(stateDir, readEnvironment().uid);
  await makeSecrets(declared, stateDir);
  return declared;
}
