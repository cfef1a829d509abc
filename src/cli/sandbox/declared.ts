// The rules that a question is asked of: those that the configuration declares, or those in the
// settings of a proxy run alone.

import { readFile } from 'node:fs/promises';
import { ClincherError } from '../../kit/error.ts';
import { dockerRulesOf } from '../../plan/docker-template.ts';
import { policyOf } from '../../policy/docker/caller.ts';
import type { CallerPolicy } from '../../policy/docker/model.ts';
import { checkedDockerProxySettings } from '../../roles/docker-proxy/check-settings.ts';
import type { DockerProxyRules } from '../../roles/docker-proxy/settings.ts';
import { type StackFlags, stateDirOf } from '../flags.ts';
import { thisMachine } from '../installation.ts';
import { declareStack } from '../stack.ts';

export interface DeclaredDocker {
  readonly rules: DockerProxyRules;
  readonly callers: readonly string[];
  /** Of the daemon, on this machine: `unix:/var/run/docker.sock`. */
  readonly daemon: string;
}

export interface DeclaredFlags extends StackFlags {
  readonly settings?: string;
}

/**
 * @throws ClincherError `settings-invalid`, `unknown-service` and what loading a configuration
 * throws
 */
export async function declaredDocker(flags: DeclaredFlags): Promise<DeclaredDocker> {
  if (flags.settings !== undefined) return fromSettings(flags.settings);
  const { topology, options } = await declareStack(flags);
  for (const { name, run } of topology.services) {
    if (run.role !== 'docker-proxy') continue;
    const machine = thisMachine(options.agent.version, stateDirOf(flags));
    const edges = topology.edges.filter(({ to, port }) => to === name && port === 'api');
    const callers = [...new Set(edges.map(({ from }) => from))];
    return { rules: dockerRulesOf(run, machine), callers, daemon: `unix:${run.dockerSocket}` };
  }
  throw new ClincherError('unknown-service', 'the declared stack has no docker-proxy', {
    fix: 'Set `sandbox: { backend: docker }`; --settings names those of a proxy run alone.',
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
  return { rules: parsed.data, callers, daemon: parsed.data.docker };
}

/** @throws ClincherError `unknown-service` when nobody is called so */
export function callerIn({ rules, callers }: DeclaredDocker, caller: string): CallerPolicy {
  if (callers.includes(caller)) return policyOf(rules, caller);
  throw new ClincherError('unknown-service', `nobody called ${JSON.stringify(caller)} may ask`, {
    fix: `Callers of docker-proxy: ${callers.join(', ')}.`,
  });
}
