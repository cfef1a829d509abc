// `clincher up`: the main job. Everything it needs it installs or makes; what runs already it
// leaves alone.

import { Command } from 'commander';
import { type UpFlags, withExamples, withHost, withStack } from '../flags.ts';

export function upCommand(): Command {
  const command = withHost(withStack(new Command('up')))
    .description('bring the stack up, or change what runs to what is declared')
    .option('-d, --detach', 'come back when it is up; stop it with `clincher down`')
    .option('--stay', 'with containers: stay, also where they run already, and renew certificates')
    .option('--json', 'progress as one JSON object a line')
    .action(async (flags: UpFlags) => {
      if (flags.host === 'monitor') {
        const { upMonitor } = await import('../monitor-host/up-monitor.ts');
        return upMonitor(flags);
      }
      const { up } = await import('../up/up.ts');
      process.exitCode = await up(flags);
    });
  return withExamples(command, [
    'clincher up --demo        a bundled local provider: no key, no internet',
    'clincher up               with your providers; Ctrl-C takes it down',
    'clincher up --detach      then: clincher status, clincher logs -f, clincher down',
    'clincher up --host monitor    Prometheus and Alertmanager, in Docker on this machine',
  ]);
}
