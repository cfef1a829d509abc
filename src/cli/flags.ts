// What the commands' options have in common: where the configuration and the state are, and
// examples in --help.

import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type DriverName, driverNames } from '../topology/model.ts';
import { readEnvironment } from './env.ts';

export interface StackFlags {
  readonly config: string;
  readonly state?: string;
  readonly demo?: boolean;
  readonly driver?: DriverName;
}

export interface UpFlags extends StackFlags {
  readonly host?: HostName;
  readonly detach?: boolean;
  /** With containers: in the foreground also where they run already. */
  readonly stay?: boolean;
  readonly json?: boolean;
}

/** Which of the topology's hosts a command is about; the application host when left out. */
export const hostNames = ['app', 'monitor'] as const;
export type HostName = (typeof hostNames)[number];

export const defaultConfig = 'clincher.yaml';

/** For a command that reads what is declared. */
export function withStack(command: Command): Command {
  const demo = 'as declared by `up --demo`: a bundled local provider takes every call';
  return withState(command)
    .option('--demo', demo)
    .addOption(
      new Option(
        '--driver <name>',
        'what runs the services, in place of what the file says',
      ).choices(driverNames),
    );
}

/** For a command that asks what runs. */
export function withState(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration', defaultConfig)
    .option(
      '--state <dir>',
      'secrets, logs and state (default: .clincher beside the configuration)',
    );
}

/** For a command that is about this machine as one host of the topology. */
export function withHost(command: Command): Command {
  const what = 'which host it is: the application host, or the one that looks at it';
  return command.addOption(new Option('--host <name>', what).choices(hostNames).default('app'));
}

/** For a command that reads what llm keeps, whether it runs in a stack or alone. */
export function withLedger(command: Command): Command {
  return withState(command).option('--ledger <dir>', 'the state folder of an llm that runs alone');
}

export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText(
    'after',
    ['', 'Examples:', ...examples.map((example) => `  ${example}`)].join('\n'),
  );
}

export function configFileOf(flags: StackFlags): string {
  return resolve(readEnvironment().cwd, flags.config);
}

export function stateDirOf(flags: StackFlags): string {
  if (flags.state !== undefined) return resolve(readEnvironment().cwd, flags.state);
  return join(dirname(configFileOf(flags)), '.clincher');
}
