// `clincher sign-in`: a link that signs one browser in, once. Printed to a terminal only, like the
// token.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withState } from '../flags.ts';

export function signInCommand(): Command {
  const command = withState(new Command('sign-in'))
    .description("a link that opens the agent's page signed in; good once, for ten minutes")
    .option('--raw', 'print it also where stdout is not a terminal')
    .action(async (flags: StackFlags & { readonly raw?: boolean }) => {
      const { printSignIn } = await import('../sign-in.ts');
      await printSignIn(stateDirOf(flags), flags.raw === true);
    });
  return withExamples(command, ['clincher sign-in', 'xdg-open "$(clincher sign-in --raw)"']);
}
