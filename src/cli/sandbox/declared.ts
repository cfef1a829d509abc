// The rules that a question is asked of: those that the configuration declares, or those in the
// settings of a proxy run alone.

import { readFile } from 'node:fs/promises';
import { ClincherError } from '../../kit/error.ts';
import { dockerRulesOf } from '../../plan/docker-template.ts';
import { refuseRoot } from '../../plan/make-plan.ts';
import { policyOf } from '../../policy/docker/caller.ts';
import type { CallerPolicy } from '../../policy/docker/model.ts';
import { checkedDockerProxySettings } from '../../roles/docker-proxy/check-settings.ts';
import type { DockerProxyRules } from '../../roles/docker-proxy/settings.ts';
import type { SandboxRules } from '../../roles/sandbox/settings.ts';
import type { SandboxShape } from '../../topology/model.ts';
import { type StackFlags, stateDirOf } from '../flags.ts';
import { thisMachine } from '../installation.ts';
import { declareStack } from '../stack.ts';

export interface DeclaredDocker {
  readonly backend: 'docker';
  readonly rules: DockerProxyRules;
  readonly callers: readonly string[];
  /** Of the daemon, on this machine: `unix:/var/run/docker.sock`. */
  readonly daemon: string;
}

/** Jails of the stack's own, over SSH: there is no Docker API to ask. */
export interface DeclaredSsh {
  readonly backend: 'ssh';
  readonly service: string;
  readonly rules: SandboxRules;
  readonly shape: SandboxShape;
}

export interface DeclaredFlags extends StackFlags {
  readonly settings?: string;
}

/**
 * @throws ClincherError `settings-invalid`, `unknown-service` and what loading a configuration
 * throws
 */
export async function declaredSandbox(flags: DeclaredFlags): Promise<DeclaredDocker | DeclaredSsh> {
  if (flags.settings !== undefined) return fromSettings(flags.settings);
  const { topology, options } = await declareStack(flags);
  for (const { name, run } of topology.services) {
    if (run.role === 'sandbox') {
      return { backend: 'ssh', service: name, rules: run.rules, shape: run.shape };
    }
    if (run.role !== 'docker-proxy') continue;
    const machine = thisMachine(options.agent.version, stateDirOf(flags), topology.driver);
    refuseRoot(topology, machine);
    const edges = topology.edges.filter(({ to, port }) => to === name && port === 'api');
    const callers = [...new Set(edges.map(({ from }) => from))];
    const daemon = `unix:${run.dockerSocket}`;
    return { backend: 'docker', rules: dockerRulesOf(run, machine), callers, daemon };
  }
  throw new ClincherError('unknown-service', "tools run in the agent's own jail, in no sandbox", {
    fix: 'Set `sandbox: { backend: ssh }` or docker; --settings names those of a proxy run alone.',
  });
}

async function fromSettings(file: string): Promise<DeclaredDocker> {
  const fault = (why: string, cause?: unknown) =>
    new ClincherError('settings-invalid', `${file}: ${why}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    // JSON.parse quotes what it read, and a file of another kind may hold a secret.
    throw fault(error instanceof SyntaxError ? 'it is not JSON' : String(error), error);
  }
  const parsed = checkedDockerProxySettings.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fault(`${issue?.path.map(String).join('.') || '(top)'}: ${issue?.message}`);
  }
  const callers = [...new Set(parsed.data.listen.map(({ caller }) => caller))];
  return { backend: 'docker', rules: parsed.data, callers, daemon: parsed.data.docker };
}

/** @throws ClincherError `unknown-service` when nobody is called so */
export function callerIn({ rules, callers }: DeclaredDocker, caller: string): CallerPolicy {
  if (callers.includes(caller)) return policyOf(rules, caller);
  throw new ClincherError('unknown-service', `nobody called ${JSON.stringify(caller)} may ask`, {
    fix: `Callers of docker-proxy: ${callers.join(', ')}.`,
  });
}
