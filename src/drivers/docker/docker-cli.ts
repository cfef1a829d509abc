// Runs the docker command line: with its own configuration, contexts and rights, which are the
// user's.

import { dockerUnreachable } from '../../kit/docker-unreachable.ts';
import { ClincherError } from '../../kit/error.ts';
import { type CommandOptions, type CommandOutput, runCommand } from '../../kit/run-command.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Any call but one that makes or waits; a daemon that is down says so at once. */
const deadlineMs = 30_000;

/** With what asks for a daemon over ssh. */
const passedOn = /^(PATH|HOME|DOCKER_\w+|XDG_\w+|SSH_AUTH_SOCK)$/;

export function dockerVariables(variables: Variables): Record<string, string> {
  const kept = Object.entries(variables).filter(
    ([name, value]) => value !== undefined && passedOn.test(name),
  );
  return Object.fromEntries(kept) as Record<string, string>;
}

export class DockerCli {
  readonly variables: Variables;

  constructor(variables: Variables) {
    this.variables = variables;
  }

  /** What a program that it starts itself is given: nothing of clincher's own. */
  environment(): Record<string, string> {
    return dockerVariables(this.variables);
  }

  run(args: readonly string[], options: Pick<CommandOptions, 'deadlineMs' | 'input'> = {}) {
    return runCommand(['docker', ...args], { env: this.environment(), deadlineMs, ...options });
  }

  /**
   * Resolves to what it printed.
   * @throws ClincherError `docker-unreachable`, `service-failed` with what it said
   */
  async ask(args: readonly string[], options: { readonly deadlineMs?: number } = {}) {
    const result = await this.run(args, options);
    if (result.code === 0) return result.stdout;
    throw failure(args, result);
  }
}

export function failure(args: readonly string[], { code, tail }: CommandOutput): ClincherError {
  return dockerUnreachable(code, tail) ?? other(args, code, tail);
}

function other(args: readonly string[], code: number, tail: string): ClincherError {
  const said = tail.split('\n').slice(-4).join('\n');
  const what = args.find((arg) => /^[a-z]+$/.test(arg)) ?? '';
  const late = code === 124 ? ' took too long' : ` ended with ${code}`;
  return new ClincherError('service-failed', `docker ${what}${late}: ${said}`, {
    fix: 'The message is Docker’s own; "docker info" and its log say more.',
  });
}
