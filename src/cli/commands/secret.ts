// `clincher secret`: values for `store:` references. A value comes from stdin or a hidden prompt,
// never from argv, which every process on the machine can read.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withState } from '../flags.ts';

type Flags = StackFlags;

export function secretCommand(): Command {
  const command = new Command('secret').description('values for `store:` references');
  command.addCommand(setCommand());
  command.addCommand(listCommand());
  command.addCommand(removeCommand());
  return withExamples(command, [
    'clincher secret set anthropic            asks for the value, hidden',
    'clincher secret set anthropic < key.txt',
    'clincher secret list                     names only',
  ]);
}

function setCommand(): Command {
  return withState(new Command('set'))
    .description('store a value, from stdin or a hidden prompt')
    .argument('<name>')
    .action(async (name: string, flags: Flags) => {
      const { output } = await import('../output.ts');
      const { setSecret } = await import('../secrets/set.ts');
      await setSecret(stateDirOf(flags), name);
      output.line(`stored: refer to it as store:${name}`);
    });
}

function listCommand(): Command {
  return withState(new Command('list'))
    .description('names of what is stored; values are never printed')
    .action(async (flags: Flags) => {
      const { output } = await import('../output.ts');
      const { userStore } = await import('../secrets/stores.ts');
      for (const name of await userStore(stateDirOf(flags)).list()) output.line(name);
    });
}

function removeCommand(): Command {
  return withState(new Command('remove'))
    .description('forget a value')
    .argument('<name>')
    .action(async (name: string, flags: Flags) => {
      const { output } = await import('../output.ts');
      const { userStore } = await import('../secrets/stores.ts');
      const gone = await userStore(stateDirOf(flags)).remove(name);
      output.line(gone ? `removed: ${name}` : `there is no ${name}`);
      if (!gone) process.exitCode = 1;
    });
}
