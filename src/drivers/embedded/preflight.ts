// What this machine lacks to run a plan, found before anything is started. Each finding's id is an
// error code.

import { accessSync, constants } from 'node:fs';
import type { HostPaths } from '../../host/host-paths.ts';
import { bindListeners } from '../../host/inherit.ts';
import { worldListenersOf } from '../../host/inspect.ts';
import { finding } from '../../host/preflight-finding.ts';
import { findProgram } from '../../host/programs.ts';
import type { ErrorCode } from '../../kit/codes.ts';
import type { Finding } from '../../kit/finding.ts';
import type { Plan } from '../../plan/model.ts';
import { inside } from '../../plan/paths.ts';
import { askSupervisor } from './control-client.ts';
import { checkJails } from './preflight-jails.ts';
import { checkStateDir } from './preflight-state.ts';

/**
 * All of them at once; empty when nothing is in the way. Changes nothing but too open modes of the
 * state folder.
 */
export async function preflight(plan: Plan, paths: HostPaths): Promise<readonly Finding[]> {
  const tools = missingTools();
  return [
    ...checkStateDir(paths.stateDir),
    ...tools,
    ...(tools.length > 0 ? [] : await checkJails()),
    ...checkMounts(plan),
    ...(await checkPorts(plan, paths)),
  ];
}

function missingTools(): Finding[] {
  const tools = ['flock', 'nsenter', 'prlimit', 'setpriv', 'unshare'];
  return tools
    .filter((tool) => findProgram(tool) === null)
    .map((tool) =>
      finding(
        'system-refused',
        'fatal',
        tool,
        `the program ${tool} is not installed`,
        'It is part of util-linux: sudo apt-get install util-linux (dnf, pacman: the same name).',
      ),
    );
}

function checkMounts(plan: Plan): Finding[] {
  return plan.services.flatMap((service) =>
    service.mounts
      .filter(({ source }) => !canRead(source))
      .map(({ source, target }) =>
        target === inside.agent ? agentMissing(source) : mountMissing(service.name, source),
      ),
  );
}

function mountMissing(service: string, source: string): Finding {
  return finding(
    'service-failed',
    'fatal',
    service,
    `${service} is to be given ${source}, which is not there or not readable by this user`,
    'Start what makes it, give this user the right to it, or take it out of clincher.yaml.',
  );
}

function agentMissing(source: string): Finding {
  return finding(
    'agent-missing',
    'fatal',
    'gateway',
    `the agent program is not installed: ${source} is not there`,
    'Run "clincher up" with a network connection: it installs the agent.',
  );
}

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

async function checkPorts(plan: Plan, paths: HostPaths): Promise<Finding[]> {
  const held = await heldByUs(paths);
  const findings: Finding[] = [];
  for (const service of plan.services) {
    for (const listen of service.inherits) {
      const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
      if (held.has(`${host}:${listen.port}`)) continue;
      try {
        (await bindListeners([listen])).release();
      } catch (error) {
        const { code, message, fix } = error as { code: ErrorCode; message: string; fix?: string };
        findings.push(finding(code, 'fatal', service.name, message, fix ?? ''));
      }
    }
  }
  return findings;
}

/** What the running stack listens on is not in its own way. */
async function heldByUs(paths: HostPaths): Promise<ReadonlySet<string>> {
  const view = (await askSupervisor(paths.control, { ask: 'observe' }).catch(() => null))?.view;
  const pids = (view?.services ?? []).map((service) => service.pid).filter((pid) => pid !== null);
  return new Set(pids.flatMap((pid) => worldListenersOf(pid)));
}
