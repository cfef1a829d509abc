// `clincher openclaw`: the agent's own command line, run inside the gateway's jail: pairing,
// sessions, doctor.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withState } from '../flags.ts';

export function openclawCommand(): Command {
  const command = withState(new Command('openclaw'))
    .description("the agent's own command line, inside the gateway's jail")
    .argument('<args...>', 'what to hand to it')
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: readonly string[], flags: StackFlags) => {
      const { runInAgent } = await import('../agent.ts');
      process.exitCode = await runInAgent(stateDirOf(flags), args);
    });
  return withExamples(command, [
    'clincher openclaw devices list             browsers waiting to be paired',
    'clincher openclaw devices approve <id>     let one in',
  ]);
}
