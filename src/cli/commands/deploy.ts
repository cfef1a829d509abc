// `clincher deploy`: brings a host what it is to run, over the system's ssh.

import { Command } from 'commander';
import type { DeployFlags } from '../deploy/run.ts';
import { withExamples, withHost, withState } from '../flags.ts';

export function deployCommand(): Command {
  const command = withHost(withState(new Command('deploy')))
    .description('bring a host what it is to run, over ssh; what fails goes back to what was there')
    .option('--to <destination>', 'as ssh takes it: user@host, or a name of your configuration')
    .option(
      '--dir <path>',
      'where on the far side, from its home (default: clincher, or clincher-monitor)',
    )
    .option('--dry-run', 'what would be sent and done; nothing is')
    .option('--ssh-config <file>', "in place of ssh's own configuration")
    .action(async (flags: DeployFlags) => {
      const { deployTo } = await import('../deploy/run.ts');
      await deployTo(flags);
    });
  command.addCommand(switchSub(), { hidden: true });
  return withExamples(command, [
    'clincher deploy --to ann@box.example --dry-run',
    'clincher deploy --to ann@box.example',
    'clincher deploy --to watcher --host monitor',
  ]);
}

/** What the far side runs of what it was sent. */
function switchSub(): Command {
  return new Command('switch')
    .description('(on the far side) bring a release up, or go back')
    .argument('<dir>')
    .argument('<release>')
    .argument('<host>')
    .action(async (dir: string, release: string, host: DeployFlags['host']) => {
      const { switchHere } = await import('../deploy/run.ts');
      await switchHere(dir, release, host);
    });
}
