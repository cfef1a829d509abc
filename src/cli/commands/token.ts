// `clincher token`: the gateway's token, to sign in with. Printed to a terminal only: not into a
// log by accident.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withState } from '../flags.ts';

export function tokenCommand(): Command {
  const command = withState(new Command('token'))
    .description('the token to sign in to the Control UI with')
    .option('--raw', 'print it also where stdout is not a terminal')
    .action(async (flags: StackFlags & { readonly raw?: boolean }) => {
      const { printToken } = await import('../secrets/token.ts');
      await printToken(stateDirOf(flags), flags.raw === true);
    });
  return withExamples(command, ['clincher token', 'clincher token --raw | xclip']);
}
