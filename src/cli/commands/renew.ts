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
      if (renewed.public?.kind === 'failed') process.exitCode = 1;
      if (flags.json === true) return output.json(renewed);
      const { made, given, public: asked } = renewed;
      output.line(made.length === 0 ? 'nothing is about to expire' : `made ${made.join(', ')}`);
      if (given.length > 0) output.line(`given to ${given.join(', ')}, which goes on`);
      if (asked !== null) {
        const { publicLines } = await import('../acme/text.ts');
        for (const line of publicLines(asked)) output.line(line);
      }
    });
  return withExamples(command, [
    'clincher renew          a running stack does it every hour by itself',
    'clincher renew --json',
  ]);
}
