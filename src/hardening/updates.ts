// Security updates come by themselves: Debian's unattended-upgrades, asked through apt's own words.

import { hostHas } from './files.ts';
import { fine, type HostItem, unmended } from './model.ts';

/** The last file of its folder that sets a value decides; those of users begin with digits. */
const own = '/etc/apt/apt.conf.d/99clincher-updates';
const program = '/usr/bin/unattended-upgrade';
const wanted = ['Update-Package-Lists', 'Unattended-Upgrade'] as const;

const text = [
  '// Written by `clincher host harden`; `clincher host harden --undo` removes it.',
  ...wanted.map((name) => `APT::Periodic::${name} "1";`),
  '',
].join('\n');

export const updates: HostItem = {
  id: 'host-updates',
  invariant: 'Security updates of the system are installed daily, without anybody asking.',
  because: 'A hole in the kernel is a way out of every jail on it.',
  async look(world) {
    const { code, stdout } = await world.run(['apt-config', 'dump', 'APT::Periodic']);
    const at = { file: own, line: 0, column: 0 };
    if (code !== 0) {
      return unmended({
        severity: 'warning',
        message: 'this system has no apt, so whether it updates itself is not known',
        fix: 'Turn automatic security updates on in its own way.',
        at,
      });
    }
    const isOn = (name: string) => {
      const value = new RegExp(`^APT::Periodic::${name} "(.*)";$`, 'm').exec(stdout)?.[1];
      return value !== undefined && value !== '0' && value !== '';
    };
    const isInstalled = await hostHas(world, program);
    const off = wanted.filter((name) => !isOn(name));
    if (isInstalled && off.length === 0) return fine;
    return {
      fault: {
        severity: 'warning',
        message: isInstalled
          ? `apt does not do it: ${off.map((name) => `APT::Periodic::${name}`).join(', ')}`
          : 'unattended-upgrades is not installed',
        fix: `clincher host harden ${this.id} turns it on.`,
        at,
      },
      changes: [
        ...(isInstalled ? [] : [{ kind: 'package' as const, name: 'unattended-upgrades' }]),
        { kind: 'file', path: own, text },
      ],
    };
  },
};
