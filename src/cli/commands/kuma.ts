// `clincher kuma plan|apply`: what Uptime Kuma asks from outside, as clincher.yaml has it.

import { Command } from 'commander';
import { withExamples, withState } from '../flags.ts';
import type { KumaFlags } from '../kuma/work.ts';

export function kumaCommand(): Command {
  const command = new Command('kuma').description(
    'Uptime Kuma: the checks from outside, as declared; what people added stays',
  );
  command.addCommand(
    withKuma(new Command('plan'))
      .description('what `apply` would change')
      .action(async (flags: KumaFlags) => {
        const { kumaWork } = await import('../kuma/work.ts');
        await kumaWork(flags, false);
      }),
  );
  command.addCommand(
    withKuma(new Command('apply'))
      .description('makes it so; a Kuma without a user gets this one')
      .action(async (flags: KumaFlags) => {
        const { kumaWork } = await import('../kuma/work.ts');
        await kumaWork(flags, true);
      }),
  );
  return withExamples(command, [
    'clincher secret set kuma-password',
    'clincher kuma plan',
    'clincher kuma apply --url https://status.example --user ann',
  ]);
}

function withKuma(command: Command): Command {
  return withState(command)
    .option('--url <url>', 'where it is', 'http://127.0.0.1:3001')
    .option('--user <name>', 'its user; the password is the stored secret kuma-password', 'admin');
}
