// A firewall of our own table beside whatever is there: the ports that are meant to be open, and
// nothing else. Loaded by a unit of our own, since what loads nftables.conf flushes everything.

import { join } from 'node:path';
import { nftRules } from '../render/nft-front.ts';
import { hostTable, nftHostRemoval, nftHostRules } from '../render/nft-host.ts';
import { readHostFile } from './files.ts';
import type { HostItem, HostWishes, HostWorld } from './model.ts';
import { sshdSettings } from './sshd.ts';

const rulesFile = '/etc/clincher/host.nft';
const removalFile = '/etc/clincher/host-off.nft';
const unitName = 'clincher-firewall.service';
const unitFile = `/etc/systemd/system/${unitName}`;

export const firewall: HostItem = {
  id: 'host-firewall',
  invariant: 'Of the ports of the host, only those that are declared can be reached.',
  because: 'What listens by mistake, or is published by Docker past other rules, is not offered.',
  async look(world, wishes) {
    const ports = await openPorts(world, wishes);
    const rules = rulesText(ports, wishes);
    const same = (await readHostFile(world, rulesFile)) === rules;
    const { code } = await world.run(['nft', 'list', 'table', ...hostTable.split(' ')]);
    if (same && code === 0) return { fault: null, changes: [] };
    const closes = (await listening(world)).filter((port) => !ports.includes(port));
    const isLoaded = code === 0;
    return {
      fault: {
        severity: 'fatal',
        message: isLoaded ? 'the rules loaded are for other ports' : 'nothing closes other ports',
        fix: `clincher host harden ${this.id} leaves open: ${ports.join(', ') || 'nothing'}.`,
        at: { file: rulesFile, line: 0, column: 0 },
      },
      changes: [
        ...(code === 127 ? [{ kind: 'package' as const, name: 'nftables' }] : []),
        { kind: 'file', path: removalFile, text: `${nftHostRemoval(wishes.front !== null)}\n` },
        { kind: 'file', path: rulesFile, text: rules },
        {
          kind: 'run',
          does: ['nft', '--check', '--file', join(world.root, rulesFile)],
          undoes: null,
        },
        { kind: 'run', does: null, undoes: ['systemctl', 'daemon-reload'] },
        { kind: 'file', path: unitFile, text: unitText },
        { kind: 'run', does: ['systemctl', 'daemon-reload'], undoes: null },
        {
          kind: 'run',
          does: ['systemctl', 'enable', unitName],
          undoes: ['systemctl', 'disable', '--now', unitName],
        },
        { kind: 'run', does: ['systemctl', 'restart', unitName], undoes: null },
      ],
      notes: closes.map((port) => `closes port ${port}, where something listens to the world now`),
    };
  },
};

function rulesText(ports: readonly number[], { front }: HostWishes): string {
  const before = front === null ? [] : [nftRules(front.port, front.ranges)];
  return [
    '# Written by `clincher host harden`; loaded by clincher-firewall.service.',
    ...before,
    nftHostRules(ports),
    '',
  ].join('\n');
}

/** Where nftables.service is, its reload flushes ours as well: so it is loaded after it, again. */
const unitText = `# Written by \`clincher host harden\`; \`clincher host harden --undo\` removes it.
[Unit]
Description=clincher: only declared ports of this host can be reached
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
After=nftables.service local-fs.target
Conflicts=shutdown.target
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft --file ${rulesFile}
ExecReload=/usr/sbin/nft --file ${rulesFile}
ExecStop=/usr/sbin/nft --file ${removalFile}

[Install]
WantedBy=sysinit.target
`;

/** sshd's own ports first: the way in is never closed, wherever it listens. */
async function openPorts(world: HostWorld, wishes: HostWishes): Promise<readonly number[]> {
  const settings = await sshdSettings(world);
  const said = (name: string) => (typeof settings === 'string' ? [] : (settings?.get(name) ?? []));
  const ports = [
    ...said('port').map(Number),
    ...said('listenaddress').map((each) => Number(/:(\d+)$/.exec(each)?.[1])),
    ...(await listening(world, 'sshd')),
    ...(wishes.front === null ? [] : [wishes.front.port]),
    ...wishes.openPorts,
  ];
  return [...new Set(ports.filter((port) => port > 0))].sort((a, b) => a - b);
}

/** TCP ports on which somebody listens to more than loopback; of one program, where it is named. */
async function listening(world: HostWorld, program?: string): Promise<readonly number[]> {
  const { stdout } = await world.run(['ss', '--no-header', '-ltnp']);
  const ports = stdout.split('\n').flatMap((line) => {
    const [, , , local = ''] = line.split(/\s+/);
    const [, address = '', port = ''] = /^(.*):(\d+)$/.exec(local) ?? [];
    const isNear = /^(127\.|\[::1\]|\[::ffff:127\.)/.test(address);
    const isTheirs = program === undefined || line.includes(`(("${program}"`);
    return port === '' || isNear || !isTheirs ? [] : [Number(port)];
  });
  return [...new Set(ports)].sort((a, b) => a - b);
}
