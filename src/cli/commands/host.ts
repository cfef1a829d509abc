// `clincher host check|harden`: the machine that the stack runs on. Looks only, until it is told to
// change something; what it changes it can take back.

import { Command } from 'commander';
import { withExamples, withState } from '../flags.ts';
import type { HostFlags } from '../host/wishes.ts';

export function hostCommand(): Command {
  const command = new Command('host').description(
    'the machine itself: sshd, firewall, updates, clock, kernel; changes on request, taken back too',
  );
  command.addCommand(checkSub());
  command.addCommand(hardenSub());
  return withExamples(command, [
    'sudo clincher host check',
    'sudo clincher host harden                 shows what it would do, and asks',
    'sudo clincher host harden host-firewall   one item alone',
    'sudo clincher host harden --undo',
  ]);
}

function withHost(command: Command): Command {
  return withState(command)
    .argument('[items...]', 'by the ids that check prints (default: all)')
    .option('--open <port...>', 'TCP ports that stay open, beside those of sshd and of the stack')
    .option('--json', 'as JSON');
}

function checkSub(): Command {
  return withHost(new Command('check'))
    .description('is this machine hardened? (nothing is changed; exit code 1 on a fatal finding)')
    .action(async (items: readonly string[], flags: HostFlags) => {
      const { checkHost } = await import('../host/harden.ts');
      process.exitCode = await checkHost(items, flags);
    });
}

function hardenSub(): Command {
  return withHost(new Command('harden'))
    .description('mend what check finds; what was there is kept for --undo')
    .option('--yes', 'without asking')
    .option('--undo', 'take back what harden has changed')
    .action(async (items: readonly string[], flags: HostFlags) => {
      const { hardenHost } = await import('../host/harden.ts');
      process.exitCode = await hardenHost(items, flags);
    });
}
