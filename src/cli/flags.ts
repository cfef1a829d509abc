// What the commands' options have in common: where the configuration and the state are, and
// examples in --help.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readEnvironment } from './env.ts';

export interface StackFlags {
  readonly config: string;
  readonly state: string;
  readonly demo?: boolean;
}

export const defaultConfig = 'clincher.yaml';

/** For a command that reads the configuration and the state it belongs to. */
export function withStack(command: Command): Command {
  return withState(command)
    .option('--config <file>', 'the configuration', defaultConfig)
    .option('--demo', 'as if brought up with --demo: a bundled local provider takes every call');
}

/** For a command that asks what runs. */
export function withState(command: Command): Command {
  return command.option('--state <dir>', 'where secrets, logs and state are kept', '.clincher');
}

export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText(
    'after',
    ['', 'Examples:', ...examples.map((example) => `  ${example}`)].join('\n'),
  );
}

export function stateDirOf(flags: { readonly state: string }): string {
  return resolve(readEnvironment().cwd, flags.state);
}
