// `clincher kuma`: signs in, looks, and makes the changes one after the other.

import { ClincherError } from '../../kit/error.ts';
import { openKuma } from '../../kuma/client.ts';
import { kumaSentence, planKuma } from '../../kuma/plan.ts';
import { outsideChecks } from '../../render/monitoring/checks.ts';
import { type StackFlags, stateDirOf } from '../flags.ts';
import { output } from '../output.ts';
import { userStore } from '../secrets/stores.ts';
import { declareStack } from '../stack.ts';

export interface KumaFlags extends StackFlags {
  readonly url: string;
  readonly user: string;
}

const passwordName = 'kuma-password';

/** @throws ClincherError `secret-missing`, `usage`, `kuma-unreachable`, `kuma-refused` */
export async function kumaWork(flags: KumaFlags, isApplied: boolean): Promise<void> {
  const { topology } = await declareStack(flags);
  const { monitoring: rules } = topology;
  if (rules === undefined) {
    throw new ClincherError('usage', 'no monitoring host is declared', {
      fix: 'Declare one in clincher.yaml: monitoring: { host: true }',
    });
  }
  const password = await userStore(stateDirOf(flags)).read(passwordName);
  if (password === null) {
    throw new ClincherError('secret-missing', `${passwordName} is not set`, {
      fix: `Put it there: clincher secret set ${passwordName}`,
    });
  }
  requireSafeWay(flags.url);
  using kuma = await openKuma({ url: flags.url, user: flags.user, password, setUp: isApplied });
  if (kuma.isNew) {
    const now = isApplied ? 'is its user now' : 'will be its user';
    output.note(`it had no user yet: ${flags.user} ${now}`);
  }
  const changes = planKuma(outsideChecks({ rules }), await kuma.monitors());
  for (const change of changes) {
    if (isApplied) await kuma.apply(change);
    output.line(kumaSentence(change));
  }
  if (changes.length === 0) output.note('all is as declared');
  else if (!isApplied) output.note('clincher kuma apply does it');
}

/** The password must not cross a network in the clear. */
function requireSafeWay(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isNear = ['127.0.0.1', '[::1]', 'localhost'].includes(url?.hostname ?? '');
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isNear)) return;
  throw new ClincherError('usage', `--url ${text} is not an https address`, {
    fix: 'Plain http is for this machine alone: ssh -L 3001:127.0.0.1:3001 HOST leads there.',
  });
}
