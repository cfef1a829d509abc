// `clincher monitor`: the monitoring host's bundle and its certificate, and what the host notes for
// its alerts.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withStack, withState } from '../flags.ts';
import type { EnrollFlags } from '../monitor.ts';

export function monitorCommand(): Command {
  const command = new Command('monitor').description(
    'the monitoring host: its bundle, its certificate, and what is noted for its alerts',
  );
  command.addCommand(enrollSub());
  command.addCommand(revokeSub());
  command.addCommand(noteSub());
  return withExamples(command, [
    'clincher monitor enroll --out monitor     all the monitoring host needs, and no more',
    'clincher monitor enroll --out monitor --renew && clincher up',
    'clincher monitor revoke && clincher up    what was handed out is refused from then on',
    'clincher monitor note backup              after a backup: an alert when the next is late',
  ]);
}

function enrollSub(): Command {
  return withStack(new Command('enroll'))
    .description('writes the bundle of the monitoring host: configurations, CA, certificate, key')
    .option('--out <dir>', 'where it is written')
    .option('--at <dir>', 'where it will be on that host (default: /opt/clincher-monitor)')
    .option('--renew', 'with new certificates; those from before are refused after `clincher up`')
    .action(async (flags: EnrollFlags) => {
      const { enrollMonitor } = await import('../monitor.ts');
      await enrollMonitor(flags, stateDirOf(flags));
    });
}

function revokeSub(): Command {
  return withStack(new Command('revoke'))
    .description('takes back the certificate that the monitor shows')
    .action(async (flags: StackFlags) => {
      const { revokeMonitor } = await import('../monitor.ts');
      await revokeMonitor(flags, stateDirOf(flags));
    });
}

function noteSub(): Command {
  const note = new Command('note').description('notes for the alerts what no service knows');
  note.addCommand(
    withState(new Command('backup'))
      .description('that a backup was made just now')
      .action(async (flags: StackFlags) => {
        const { noteFacts } = await import('../facts.ts');
        const value = Math.floor(Date.now() / 1_000);
        await noteFacts(stateDirOf(flags), 'backup', [{ name: 'backupTime', value }]);
      }),
  );
  return note;
}
