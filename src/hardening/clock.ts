// The clock is set by the network: certificates, budgets by the day and the ledger stand on it.

import { fine, type HostItem, unmended } from './model.ts';

/** Whoever of these runs sets the clock; systemd's own is asked through timedatectl. */
const others = ['chrony.service', 'chronyd.service', 'ntpsec.service', 'ntp.service'];

export const clock: HostItem = {
  id: 'host-clock',
  invariant: 'The clock is kept by a time service.',
  because: 'With a wrong clock certificates fail, and a budget by the day is given out twice.',
  async look(world) {
    const at = { file: '/etc/systemd/timesyncd.conf', line: 0, column: 0 };
    const { code, stdout } = await world.run(['timedatectl', 'show', '--property=NTP,CanNTP']);
    if (/^NTP=yes$/m.test(stdout)) return fine;
    for (const unit of others) {
      const asked = await world.run(['systemctl', 'is-active', '--quiet', unit]);
      if (asked.code === 0) return fine;
    }
    if (code !== 0) {
      return unmended({
        severity: 'warning',
        message: 'nothing is known to set the clock, and systemd cannot be asked',
        fix: 'Have what runs this machine set its clock: chrony, or the host of the container.',
        at,
      });
    }
    const canNtp = /^CanNTP=yes$/m.test(stdout);
    return {
      fault: {
        severity: 'warning',
        message: 'no time service sets the clock',
        fix: `clincher host harden ${this.id} turns systemd's own on.`,
        at,
      },
      changes: [
        ...(canNtp ? [] : [{ kind: 'package' as const, name: 'systemd-timesyncd' }]),
        {
          kind: 'run',
          does: ['timedatectl', 'set-ntp', 'true'],
          undoes: ['timedatectl', 'set-ntp', 'false'],
        },
      ],
    };
  },
};
