// `clincher deploy`: what a host is to have, over ssh, with everything said on the way.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type DeployOrder, deploy } from '../../deploy/deploy.ts';
import { planSentences } from '../../deploy/plan.ts';
import { openFarSide } from '../../deploy/ssh.ts';
import { switchRelease } from '../../deploy/switch.ts';
import { ClincherError } from '../../kit/error.ts';
import { runCommand } from '../../kit/run-command.ts';
import { readEnvironment } from '../env.ts';
import { findingText } from '../findings.ts';
import type { StackFlags } from '../flags.ts';
import { output } from '../output.ts';

export interface DeployFlags extends StackFlags {
  readonly to?: string;
  readonly host: 'app' | 'monitor';
  readonly dir?: string;
  readonly dryRun?: boolean;
  readonly sshConfig?: string;
}

/** One each: a machine may be both hosts. */
const folders = { app: 'clincher', monitor: 'clincher-monitor' } as const;

/** @throws ClincherError `usage`, and what looking, sending and switching throw */
export async function deployTo(flags: DeployFlags): Promise<void> {
  if (flags.to === undefined) {
    throw new ClincherError('usage', 'where to is not said', {
      fix: 'clincher deploy --to USER@HOST, or a name of your ssh configuration.',
    });
  }
  const { appCargo } = await import('./app-cargo.ts');
  const { monitorCargo } = await import('./monitor-cargo.ts');
  const configFile = flags.sshConfig === undefined ? {} : { configFile: flags.sshConfig };
  await using far = await openFarSide({ name: flags.to, ...configFile });
  const order: DeployOrder = {
    dir: flags.dir ?? folders[flags.host],
    holder: holder(),
    release: releaseName(),
    dryRun: flags.dryRun === true,
    cargo: (facts) => (flags.host === 'app' ? appCargo : monitorCargo)(flags, facts, output.note),
  };
  await deploy(far, order, {
    warn: (finding) => findingText(finding).forEach(output.note),
    plan: (plan, cargo) => planSentences(plan, cargo).forEach(output.line),
    step: output.note,
  });
  output.note(order.dryRun ? 'nothing was done' : `${flags.to} runs what is declared`);
}

/** `clincher deploy switch`, on the far side. */
export async function switchHere(
  dir: string,
  release: string,
  host: 'app' | 'monitor',
): Promise<void> {
  const { monitorSide } = await import('./monitor-side.ts');
  const say = output.note;
  await switchRelease({ dir, release, host, run: runCommand, monitor: monitorSide(say), say });
}

function holder(): string {
  const since = new Date().toISOString();
  return `${readEnvironment().user}@${hostname()} since ${since}`;
}

/** Sorts by its time. */
function releaseName(): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+Z/g, '');
  return `${time}-${randomBytes(3).toString('hex')}`;
}
