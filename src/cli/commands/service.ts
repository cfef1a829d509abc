// `clincher service install|uninstall`: keeps the stack up across reboots, as a systemd unit.

import { Command } from 'commander';
import { type StackFlags, withExamples, withStack } from '../flags.ts';

export function serviceCommand(): Command {
  const command = new Command('service').description('keep the stack up across reboots (systemd)');
  command.addCommand(
    withStack(new Command('install'))
      .description('write the unit, enable and start it')
      .action(async (flags: StackFlags) => {
        const { output } = await import('../output.ts');
        const { installUnit } = await import('../unit/install.ts');
        for (const line of await installUnit(flags)) output.line(line);
      }),
  );
  command.addCommand(
    new Command('uninstall').description('stop, disable and remove the unit').action(async () => {
      const { output } = await import('../output.ts');
      const { uninstallUnit } = await import('../unit/install.ts');
      for (const line of await uninstallUnit()) output.line(line);
    }),
  );
  return withExamples(command, [
    'sudo ./clincher service install     for the whole machine, starts at boot',
    './clincher service install          for you: add `loginctl enable-linger` to start at boot',
  ]);
}
