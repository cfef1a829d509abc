// `clincher swarm`: the nodes that a stack of Swarm is to run on.

import { Command } from 'commander';
import { withExamples } from '../flags.ts';
import type { PrepareFlags } from '../swarm/prepare.ts';

export function swarmCommand(): Command {
  const command = new Command('swarm').description('the nodes that a stack of Swarm runs on');
  command.addCommand(prepareCommand());
  return command;
}

function prepareCommand(): Command {
  const command = new Command('prepare')
    .description('bring the images to every node, and say what one lacks; 1 if it does')
    .requiredOption('--node <place...>', 'ssh://user@host of each; a manager first')
    .option('--unencrypted', 'do not ask for what encrypts between the nodes')
    .action(async (flags: PrepareFlags) => {
      const { prepare } = await import('../swarm/prepare.ts');
      process.exitCode = await prepare(flags);
    });
  return withExamples(command, [
    'clincher swarm prepare --node ssh://admin@one.example --node ssh://admin@two.example',
  ]);
}
