// What the maker of jails takes from the service that asks: a service that was taken over gets no
// more than the plan says.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hostPaths } from '../../host/host-paths.ts';
import type { JailOrder } from '../../kit/jail-order.ts';
import { testJails } from '../../testing/sandbox.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { writeJailEtc } from './jail-etc.ts';
import { readMachineFacts } from './machine-facts.ts';
import { SessionJails } from './session-jails.ts';
import { sessionSpec } from './session-spec.ts';

const dir = tempDir();
const paths = hostPaths(dir.path);
const folder = paths.edge(testJails.edge);
let jails: SessionJails;
let etc: Disposable;
before(async () => {
  etc = writeJailEtc(paths.etc);
  jails = new SessionJails({
    service: 'sandbox',
    plan: { ...testJails, jailsMax: 3 },
    paths,
    machine: readMachineFacts(),
    cgroups: { mechanism: 'rlimit', folders: [] },
    onOutput: (stream) => stream.resume(),
  });
  await jails.open();
});
after(async () => {
  await jails[Symbol.asyncDispose]();
  etc[Symbol.dispose]();
  dir[Symbol.dispose]();
});

const good: JailOrder = { scope: 'agent', command: 'true', terminal: null, onlyDelete: false };

/** What comes back until the connection is closed. */
function ask(line: string): Promise<string> {
  const socket = connect(join(folder, 'sock'));
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.write(line);
  return new Promise((resolve) => socket.once('close', () => resolve(text)));
}

const rows: readonly (readonly [string, unknown])[] = [
  ['a scope that the plan does not have', { ...good, scope: 'third' }],
  ['a scope that is a path', { ...good, scope: '../agent' }],
  ['a scope that is no text', { ...good, scope: ['agent'] }],
  ['a mount of its own', { ...good, mounts: ['/'] }],
  ['a user of its own', { ...good, user: 0 }],
  ['a command that ends early', { ...good, command: 'a\0b' }],
  ['a command that is too long', { ...good, command: 'x'.repeat(131_072) }],
  ['a command that is a list', { ...good, command: ['sh'] }],
  ['a terminal without an end', { ...good, terminal: { columns: 1e9, rows: 1 } }],
  ['a part of an order', { scope: 'agent' }],
  ['nothing', null],
];
for (const [name, order] of rows) {
  test(`an order with ${name} makes no jail`, async () => {
    const said = await ask(`${JSON.stringify(order)}\n`);
    assert.equal(said, '{"refused":"the order was not understood"}\n');
    assert.deepEqual(readdirSync(folder), ['sock']);
    assert.ok(!existsSync(join(paths.state('sandbox'), 'third')));
  });
}

test('what is no order at all, or has no end, is refused', async () => {
  for (const line of ['GET / HTTP/1.1\r\n\r\n', '{"scope":\n', '\n', '[]\n']) {
    assert.match(await ask(line), /^\{"refused":/);
  }
  assert.match(await ask('x'.repeat(800_000)), /^(\{"refused":.*)?$/s);
});

test('who does not open the pipes holds one place, and gives it back by leaving', async () => {
  const open = [1, 2, 3].map(() => {
    const socket = connect(join(folder, 'sock'));
    socket.on('error', () => {}).write(`${JSON.stringify(good)}\n`);
    return socket;
  });
  const told = open.map(
    (socket) => new Promise<string>((resolve) => socket.once('data', (data) => resolve(`${data}`))),
  );
  for (const said of await Promise.all(told)) assert.match(said, /^\{"pipes":"\d+"\}\n$/);
  assert.equal(
    await ask(`${JSON.stringify(good)}\n`),
    '{"refused":"as many commands run as may"}\n',
  );
  const closed = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const socket of open) socket.destroy();
  await Promise.all(closed);
  while (readdirSync(folder).length > 1) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('the jail of a command is exactly this', () => {
  const order = { ...good, command: 'echo x' };
  const machine = { procReadOnly: ['/proc/sys'], procHidden: ['/proc/kcore'] };
  const folders = { workspace: '/s/agent/workspace', temporary: '/s/agent/tmp' };
  const spec = sessionSpec('sandbox', testJails, order, folders, '/s/etc', machine);
  assert.deepEqual(spec.argv, ['/bin/sh', '-c', 'echo x']);
  assert.deepEqual(
    spec.options.join(' ').split(/ (?=--)/),
    `--unshare-user
--disable-userns
--uid 1000
--gid 1000
--unshare-pid
--unshare-ipc
--unshare-uts
--unshare-cgroup-try
--unshare-net
--hostname sandbox
--cap-drop ALL
--new-session
--die-with-parent
--clearenv
--setenv HOME /sandbox
--setenv LANG C.UTF-8
--setenv PATH /usr/local/bin:/usr/bin:/bin
--ro-bind /usr /usr
--symlink usr/lib /lib
--symlink usr/lib64 /lib64
--symlink usr/bin /bin
--symlink usr/sbin /sbin
--ro-bind-try /etc/alternatives /etc/alternatives
--ro-bind /s/etc/passwd /etc/passwd
--ro-bind /s/etc/group /etc/group
--ro-bind /s/etc/nsswitch.conf /etc/nsswitch.conf
--ro-bind /s/etc/hosts /etc/hosts
--proc /proc
--ro-bind /proc/sys /proc/sys
--ro-bind /dev/null /proc/kcore
--dev /dev
--size 67108864
--tmpfs /dev/shm
--bind /s/agent/tmp /tmp
--bind /s/agent/workspace /sandbox
--size 67108864
--tmpfs /var/tmp
--size 67108864
--tmpfs /run
--remount-ro /dev
--remount-ro /
--chdir /sandbox`.split('\n'),
  );
});
