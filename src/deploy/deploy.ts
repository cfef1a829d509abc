// A deployment, told as a story: take the lock, look, judge, send what is missing, have the far
// side switch. Until it switches nothing that runs is touched, and the switch goes on without
// us.

import { codes, type ErrorCode } from '../kit/codes.ts';
import { ClincherError } from '../kit/error.ts';
import type { Finding } from '../kit/finding.ts';
import type { Cargo } from './cargo.ts';
import { carry } from './carry.ts';
import { type Facts, lookAtFarSide } from './look.ts';
import { type DeployPlan, planDeploy } from './plan.ts';
import { preflight } from './preflight.ts';
import type { FarSide } from './ssh.ts';

export interface DeployOrder {
  /** On the far side: absolute, or below the home of who logs in. */
  readonly dir: string;
  /** Who deploys, for whoever finds the lock taken. */
  readonly holder: string;
  /** What a new release is called. */
  readonly release: string;
  /** The plan, and nothing is done. */
  readonly dryRun: boolean;
  /** What the host is to have, once it is known where. */
  cargo(facts: Facts): Promise<Cargo>;
}

export interface DeployWatch {
  warn(finding: Finding): void;
  plan(plan: DeployPlan, cargo: Cargo): void;
  step(text: string): void;
}

/**
 * @throws ClincherError what a fatal finding says, `deploy-locked`, `deploy-failed`, `ssh-failed`
 */
export async function deploy(far: FarSide, order: DeployOrder, watch: DeployWatch): Promise<void> {
  const facts = await lookAtFarSide(far, order.dir);
  const askedAt = Date.now() / 1000;
  using _lock = order.dryRun ? null : await lock(far, facts.dir, order.holder);
  const cargo = await order.cargo(facts);
  refuse(preflight(cargo, facts, Math.round(askedAt)), far, watch);
  const plan = planDeploy(cargo, facts, order.release);
  watch.plan(plan, cargo);
  if (order.dryRun) return;
  await carry(far, facts, cargo, plan, watch.step);
}

function refuse(findings: readonly Finding[], far: FarSide, watch: DeployWatch): void {
  const fatal = findings.filter(({ severity }) => severity === 'fatal');
  for (const finding of findings) if (finding !== fatal[0]) watch.warn(finding);
  const [first] = fatal;
  if (first === undefined) return;
  const code: ErrorCode = first.id in codes ? (first.id as ErrorCode) : 'host-unfit';
  throw new ClincherError(code, `${far.name}: ${first.message}`, { fix: first.fix });
}

/**
 * Held by a process there that ends with our connection: who is cut off does not leave it behind.
 * While a switch goes on by itself it is not given out either.
 */
const lockScript = String.raw`
umask 077
mkdir -p "$1" && cd "$1" || exit 1
exec 9>>deploy.lock
flock -n 9 && flock -n switch.lock true || { cat deploy.holder; exit 75; }
printf '%s\n' "$2" > deploy.holder
echo held
exec cat >/dev/null
`;

async function lock(far: FarSide, dir: string, holder: string): Promise<Disposable> {
  const kept = await far.keep(lockScript, [dir, holder]);
  if (kept.ended === null) return kept;
  if (kept.ended === 75) {
    throw new ClincherError('deploy-locked', `${far.name} is being deployed to by ${kept.said}`, {
      fix: 'Wait for them, or ask them; the lock goes with their connection.',
    });
  }
  throw new ClincherError('ssh-failed', `${dir} on ${far.name} could not be locked: ${kept.said}`, {
    fix: 'The folder must be writable for who logs in, and flock(1) be there.',
  });
}
