// Who fails at sshd again and again is kept out for a while: fail2ban, with its own jail for sshd.

import { join } from 'node:path';
import { fine, type HostItem, type HostWorld } from './model.ts';
import { sshdSettings } from './sshd.ts';

const own = '/etc/fail2ban/jail.d/clincher.local';

/** Debian keeps sshd's log in the journal alone: without the backend the jail does not start. */
const text = `# Written by \`clincher host harden\`; \`clincher host harden --undo\` removes it.
[sshd]
enabled = true
backend = systemd
banaction = nftables-multiport
maxretry = 5
findtime = 10m
bantime = 1h
bantime.increment = true
`;

export const fail2ban: HostItem = {
  id: 'host-fail2ban',
  invariant: 'Who fails to log in again and again is kept out for a while.',
  because: 'Guessing costs sshd time and fills its log, in which the real attempt is lost.',
  async look(world) {
    if ((await sshdSettings(world)) === null) return fine;
    const told = await dump(world);
    const { code } = await world.run(['systemctl', 'is-active', '--quiet', 'fail2ban.service']);
    if (told?.includes("['start', 'sshd']") && code === 0) return fine;
    return {
      fault: {
        severity: 'warning',
        message: told === null ? 'fail2ban is not installed' : 'fail2ban does not watch sshd',
        fix: `clincher host harden ${this.id} turns it on.`,
        at: { file: own, line: 0, column: 0 },
      },
      changes: [
        ...(told === null ? [{ kind: 'package' as const, name: 'fail2ban' }] : []),
        { kind: 'run', does: null, undoes: restart },
        { kind: 'file', path: own, text },
        // Judges the files alone, before the one that runs is told of them.
        { kind: 'run', does: client(world, '--test'), undoes: null },
        { kind: 'run', does: restart, undoes: null },
      ],
    };
  },
};

const restart = ['systemctl', 'try-restart', 'fail2ban.service'];

function client(world: HostWorld, what: string): string[] {
  return ['fail2ban-client', '-c', join(world.root, '/etc/fail2ban'), what];
}

/** What the server would be told; null where it is not installed. */
async function dump(world: HostWorld): Promise<string | null> {
  const { code, stdout } = await world.run(client(world, '-d'));
  return code === 127 ? null : stdout;
}
