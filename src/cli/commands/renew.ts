// `clincher renew`: certificates that are about to expire, before they do.

import { Command } from 'commander';
import { type StackFlags, withExamples, withState } from '../flags.ts';

export function renewCommand(): Command {
  const command = withState(new Command('renew'))
    .description('renews certificates about to expire; a running ingress takes them as it runs')
    .option('--json', 'as JSON')
    .action(async (flags: StackFlags & { readonly json?: boolean }) => {
      const { output } = await import('../output.ts');
      const { stateDirOf } = await import('../flags.ts');
      const { renew } = await import('../renew.ts');
      const renewed = await renew(flags, stateDirOf(flags));
      if (flags.json === true) return output.json(renewed);
      const { made, given } = renewed;
      output.line(made.length === 0 ? 'nothing is about to expire' : `made ${made.join(', ')}`);
      if (given.length > 0) output.line(`given to ${given.join(', ')}, which goes on`);
    });
  return withExamples(command, [
    'clincher renew          a running stack does it twice a day by itself',
    'clincher renew --json',
  ]);
}
