// Hardening a host of the test's own, asked of the real sshd, nft, apt and fail2ban: what is found,
// what is changed, what is refused, and that all of it can be taken back.

import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { formatPlace } from '../kit/place.ts';
import { runCommand } from '../kit/run-command.ts';
import { type FarMachine, farMachine } from '../testing/far-machine.ts';
import { type HostTree, hostTree } from '../testing/host-tree.ts';
import { inOwnNetwork } from '../testing/netns.ts';
import { prepareForSshd } from '../testing/ssh-server.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { applyToHost, undoOnHost } from './apply.ts';
import { hostItems, lookAtHost } from './index.ts';
import type { HostItem, HostWishes } from './model.ts';

const nothingElse: HostWishes = { openPorts: [], front: null };

inOwnNetwork(import.meta.url, {}, () => {
  let far: FarMachine;
  before(async () => {
    far = await farMachine(['198.51.100.2']);
    await prepareForSshd();
  });

  test('a fresh host has a finding for each item, with place and fix', async () => {
    using dir = tempDir();
    const host = await hostTree(dir.path);
    const looked = await lookAtHost(host, nothingElse);
    const lines = looked.map(({ finding }) =>
      finding === null
        ? 'fine'
        : `${finding.severity} ${formatPlace(finding.at)}: ${finding.message}`,
    );
    assert.deepEqual(lines, [
      'fatal /proc/sys/user/max_user_namespaces:1:1: user.max_user_namespaces is 0, kernel.dmesg_restrict is 0',
      'warning /etc/systemd/timesyncd.conf (default): no time service sets the clock',
      'warning /etc/apt/apt.conf.d/99clincher-updates (default): unattended-upgrades is not installed',
      'fatal /etc/clincher/host.nft (default): nothing closes other ports',
      'fatal /etc/ssh/sshd_config:4:1: sshd: PasswordAuthentication is yes, ' +
        'KbdInteractiveAuthentication is yes, X11Forwarding is yes',
      'warning /etc/fail2ban/jail.d/clincher.local (default): fail2ban does not watch sshd',
    ]);
    for (const { finding } of looked) assert.match(finding?.fix ?? '', /\w{3}/);
  });

  test('harden mends every item, and undo leaves each file as it was', async () => {
    using dir = tempDir();
    const host = await hostTree(dir.path);
    await giveKey(host);
    const untouched = await snapshot(dir.path);
    await harden(host);
    await host.write('/played/fail2ban', '');
    const after = await lookAtHost(host, nothingElse);
    assert.deepEqual(
      after.flatMap(({ finding }) => finding?.message ?? []),
      [],
    );
    assert.match((await effective(host)) ?? '', /passwordauthentication no/);
    assert.equal(await undoOnHost(host, () => undefined), true);
    const { played, ...left } = await snapshot(dir.path);
    assert.ok(played !== undefined);
    delete left.usr;
    assert.deepEqual(left, untouched);
    assert.equal((await host.run(['nft', 'list', 'tables'])).stdout, '');
    assert.equal(await undoOnHost(host, () => undefined), false);
  });

  test('what the user had in a file of ours comes back', async () => {
    using dir = tempDir();
    const host = await hostTree(dir.path);
    const path = '/etc/sysctl.d/60-clincher.conf';
    await host.write(path, '# mine\n');
    await harden(host, only('host-kernel'));
    await undoOnHost(host, () => undefined);
    assert.equal(await host.read(path), '# mine\n');
  });

  test('undo leaves alone what somebody changed since', async () => {
    using dir = tempDir();
    const host = await hostTree(dir.path);
    const path = '/etc/sysctl.d/60-clincher.conf';
    await harden(host, only('host-kernel'));
    await host.write(path, 'kernel.dmesg_restrict = 1\n');
    const said: string[] = [];
    await undoOnHost(host, (text) => void said.push(text));
    assert.equal(await host.read(path), 'kernel.dmesg_restrict = 1\n');
    assert.ok(said.includes(`leaves ${path}: somebody changed it since`), said.join('\n'));
  });

  test('a change that fails takes back what its run has done', async () => {
    using dir = tempDir();
    const host = await hostTree(dir.path);
    await giveKey(host);
    const untouched = await snapshot(dir.path);
    host.answers.set('systemctl try-reload-or-restart ssh.service', { code: 1, tail: 'no bus' });
    await assert.rejects(harden(host, only('host-kernel', 'host-ssh')), {
      code: 'host-unchanged',
      message: /ssh.service ended with 1: no bus/,
    });
    assert.deepEqual(await snapshot(dir.path), untouched);
  });

  for (const [name, plant, says] of lockOuts()) {
    test(`passwords stay where ${name}`, async () => {
      using dir = tempDir();
      const host = await hostTree(dir.path);
      await plant(host);
      const [look] = await lookAtHost(host, nothingElse, only('host-ssh'));
      assert.deepEqual(look?.changes, []);
      assert.match(look?.finding?.fix ?? '', says);
    });
  }

  test('the firewall leaves sshd and what is declared open, and closes the rest', async (context) => {
    using dir = tempDir();
    const host = await hostTree(dir.path);
    const [open, closed, near] = await Promise.all([listen(), listen(), listen('127.0.0.1')]);
    for (const { close } of [open, closed, near]) context.after(close);
    const wishes = { openPorts: [open.port], front: null };
    const [look] = await lookAtHost(host, wishes, only('host-firewall'));
    assert.deepEqual(look?.notes, [
      `closes port ${closed.port}, where something listens to the world now`,
    ]);
    await applyToHost(host, look?.changes ?? [], () => undefined);
    const rules = (await host.read('/etc/clincher/host.nft')) ?? '';
    assert.ok(rules.includes(`tcp dport { 22, ${open.port} } accept`), rules);
    const asks = (port: number) => far.asks('198.51.100.2', port);
    assert.equal(await asks(open.port), true);
    assert.equal(await asks(closed.port), false);
    await undoOnHost(host, () => undefined);
    assert.equal(await asks(closed.port), true);
  });

  test("behind Cloudflare, nobody but its addresses comes to the ingress's port", async () => {
    using dir = tempDir();
    const host = await hostTree(dir.path);
    const front = { port: 443, ranges: ['198.51.100.0/24'] };
    const [look] = await lookAtHost(host, { openPorts: [], front }, only('host-firewall'));
    await applyToHost(host, look?.changes ?? [], () => undefined);
    const { stdout } = await host.run(['nft', 'list', 'tables']);
    assert.deepEqual(stdout.trim().split('\n').sort(), [
      'table inet clincher_front',
      'table inet clincher_host',
    ]);
    await undoOnHost(host, () => undefined);
    assert.equal((await host.run(['nft', 'list', 'tables'])).stdout, '');
  });
});

type Plant = (host: HostTree) => Promise<void>;

function lockOuts(): readonly (readonly [string, Plant, RegExp])[] {
  return [
    ['the one who asks has no key', async () => undefined, /would be locked out: there is no key/],
    [
      'the file of keys holds none',
      (host) => host.write('/home/me/.ssh/authorized_keys', '# ssh-ed25519 AAAA\n'),
      /there is no key in/,
    ],
    [
      'sshd would not believe the file, because others may write it',
      async (host) => {
        await giveKey(host);
        await runCommand(['chmod', '777', join(host.root, '/home/me/.ssh')]);
      },
      /others may write/,
    ],
    [
      'a Match block takes keys from the one who asks',
      async (host) => {
        await giveKey(host);
        await addLine(host, `Match User ${host.user}\n  PubkeyAuthentication no`);
      },
      /a Match block of .* sets PubkeyAuthentication/,
    ],
    [
      'sshd asks for a password beside the key',
      async (host) => {
        await giveKey(host);
        await addLine(host, 'AuthenticationMethods publickey,password');
      },
      /sshd refuses it: Disabled method/,
    ],
    [
      'the folder is not read first',
      async (host) => {
        await giveKey(host);
        const config = (await host.read('/etc/ssh/sshd_config')) ?? '';
        await host.write('/etc/ssh/sshd_config', `PasswordAuthentication yes\n${config}`);
      },
      /does not begin with: Include/,
    ],
    ['sshd refuses its own file', (host) => addLine(host, 'NoSuchThing yes'), /Mend that first/],
  ];
}

async function addLine(host: HostTree, line: string): Promise<void> {
  const config = (await host.read('/etc/ssh/sshd_config')) ?? '';
  await host.write('/etc/ssh/sshd_config', `${config}${line}\n`);
}

async function giveKey(host: HostTree): Promise<void> {
  const folder = join(host.root, '/home/me/.ssh');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'id')]);
  await host.write('/home/me/.ssh/authorized_keys', await readFile(join(folder, 'id.pub'), 'utf8'));
}

function only(...ids: readonly string[]): readonly HostItem[] {
  return hostItems.filter(({ id }) => ids.includes(id));
}

async function harden(host: HostTree, items = hostItems): Promise<void> {
  const changes = (await lookAtHost(host, nothingElse, items)).flatMap((each) => each.changes);
  assert.ok(changes.length > 0);
  await applyToHost(host, changes, () => undefined);
}

async function effective(host: HostTree): Promise<string | null> {
  const { stdout } = await host.run([
    '/usr/sbin/sshd',
    '-T',
    '-f',
    `${host.root}/etc/ssh/sshd_config`,
  ]);
  return stdout;
}

/** Every file below, by the folder at the top: text by path. */
async function snapshot(root: string): Promise<Record<string, Record<string, string>>> {
  const tops: Record<string, Record<string, string>> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const top = path.slice(root.length + 1).split('/')[0] ?? '';
    tops[top] = { ...tops[top], [path]: await readFile(path, 'utf8') };
  }
  return tops;
}

async function listen(host?: string) {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { port: address.port, close: () => server.close() };
}
