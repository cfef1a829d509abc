// What a command tries from inside its jail, with the system's own programs: the host's files,
// another scope's, other processes, the network, more rights. Each row says what it is told.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openSandbox, type TestSandbox } from '../../testing/sandbox.ts';

const canary = 'canary-of-the-host';
let sandbox: TestSandbox;
let hostFolder: string;
let hostPort: number;
let reached = 0;
const listener = createServer((socket) => {
  reached += 1;
  socket.end();
});

before(async () => {
  sandbox = await openSandbox();
  hostFolder = await mkdtemp(join(tmpdir(), 'clincher-host-'));
  await writeFile(join(hostFolder, 'secret'), canary);
  await mkdir(join(sandbox.home('other'), 'workspace'), { recursive: true });
  await writeFile(join(sandbox.home('other'), 'workspace', 'secret'), canary);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  hostPort = typeof address === 'object' ? (address?.port ?? 0) : 0;
});
after(async () => {
  listener.close();
  await rm(hostFolder, { recursive: true, force: true });
  await sandbox[Symbol.asyncDispose]();
});

/** Prints the name of the error, or what came back. */
const python = (body: string) =>
  `python3 -c 'import ctypes,errno,os,socket
libc=ctypes.CDLL(None,use_errno=True)
def call(*a):
    r=libc.syscall(*a)
    print(errno.errorcode[ctypes.get_errno()] if r<0 else "came back with %d"%r)
try:
    ${body}
except OSError as e: print(errno.errorcode.get(e.errno,e.errno))'`;

const socketOf = (family: number, kind: number) => python(`socket.socket(${family},${kind})`);
/** Of x86-64; on another machine these rows ask for something else and are left out. */
const numbered = (number: number, ...args: readonly (number | string)[]) =>
  python(`call(${[number, ...args].join(',')})`);

type Row = readonly [name: string, command: () => string, told: RegExp];

const files: readonly Row[] = [
  ["a file of the host's", () => `cat ${hostFolder}/secret`, /No such file/],
  ['the folders of people', () => 'ls /root /home /srv /opt', /cannot access.*\/opt/s],
  ["the host's users", () => 'cat /etc/shadow; wc -l < /etc/passwd', /No such file.*\n?1\n|1\n/],
  ["another scope's file", () => 'find / -xdev -name secret; echo looked', /^looked\n$/m],
  ['up and out of the workspace', () => 'ls ../../..', /^(bin\n)?dev|bin/],
  [
    'a link out of the workspace',
    () => `ln -sfn ${hostFolder} out; cat out/secret; rm out`,
    /No such file/,
  ],
  [
    "a link to another scope's folder",
    () => `ln -sfn ${sandbox.home('other')}/workspace out; cat out/secret; rm out`,
    /No such file/,
  ],
  ['the root of the first process', () => 'ls /proc/1/root/home', /(Permission denied|No such)/],
  ['the memory of the first process', () => 'head -c 1 /proc/1/mem', /(denied|error)/i],
  ['its environment', () => 'cat /proc/1/environ | wc -c', /^0\n|denied/],
  ['a folder that was left open', () => 'ls /proc/self/fd | wc -l', /^4\n$/],
  ['the programs', () => 'touch /usr/bin/du', /(Read-only|Permission denied)/],
  ['the root', () => 'touch /x; mkdir /y', /(Read-only|Permission denied)/],
  ['the users', () => 'echo x >> /etc/passwd', /(Read-only|Permission denied)/],
  ["the kernel's switches", () => 'echo x > /proc/sys/kernel/core_pattern', /(Read-only|denied)/],
  [
    "the kernel's emergency key",
    () => 'echo b > /proc/sysrq-trigger',
    /(Read-only|denied|nonexistent)/,
  ],
  ['the tree of devices', () => 'ls /sys', /No such file/],
  ['the disks', () => 'ls /dev | tr "\\n" " "', /^(?!.*(sda|vda|nvme|mem|kmsg|loop))/],
  ["the kernel's memory", () => 'head -c 1 /proc/kcore | wc -c', /0|denied/],
  [
    "the driver's socket",
    () => 'find / -path /usr -prune -o -type s -print 2>&1 | grep -v denied; echo looked',
    /^looked\n$/,
  ],
  ['the door and its keys', () => 'ls /run /run/clincher', /No such file/],
];

const processes: readonly Row[] = [
  ['other processes', () => 'ls /proc | grep -c "^[0-9]"', /^[1-6]\n$/],
  ['rights', () => 'grep -E "Cap(Eff|Prm)|NoNew|Seccomp:" /proc/self/status', rights()],
  ['the superuser', () => 'id -u; su -c id; echo', /^1000\n/],
  ['a user namespace', () => 'unshare -U true', /unshare failed/],
  ['a mount', () => 'mount -t tmpfs none /tmp', /(denied|superuser|not permitted)/],
  ['a device', () => 'mknod /tmp/d b 8 0', /not permitted/],
  ['another root', () => '/usr/sbin/chroot / true', /not permitted/],
  ['the clock', () => 'date -s 2000-01-01', /not permitted/],
  ['its name', () => 'hostname stranger', /(permission|must be root)/i],
  ['a higher bound', () => 'ulimit -n 100000; ulimit -c 1', /(not permitted|Invalid|exceed)/i],
];

const network: readonly Row[] = [
  ['interfaces', () => 'tail -n +3 /proc/net/dev | cut -d: -f1', /^\s*lo\n$/],
  ['routes', () => 'tail -n +2 /proc/net/route | wc -l', /^0\n$/],
  [
    "the host's loopback",
    () => python(`socket.create_connection(("127.0.0.1",${hostPort}),2); print("in")`),
    /^ECONNREFUSED|ENETUNREACH/,
  ],
  [
    'a public address',
    () => python('socket.create_connection(("192.0.2.1",80),2); print("in")'),
    /^ENETUNREACH/,
  ],
  ['a name', () => 'getent hosts example.com; echo $?', /^2\n$/],
  ['metadata', () => python('socket.create_connection(("169.254.169.254",80),2)'), /^ENETUNREACH/],
  ['raw packets', () => python('socket.socket(17,3)'), /^EPERM/],
  ['the machine below', () => socketOf(40, 1), /^EAFNOSUPPORT/],
  ["the kernel's ciphers", () => socketOf(38, 5), /^EAFNOSUPPORT/],
  ['bluetooth', () => socketOf(31, 1), /^EAFNOSUPPORT/],
];

const calls: readonly Row[] = [
  ['io_uring_setup', () => numbered(425, 8, 0), /^ENOSYS/],
  ['bpf', () => numbered(321, 0, 0, 0), /^EPERM/],
  ['perf_event_open', () => numbered(298, 0, 0, 0, 0, 0), /^EPERM/],
  ['userfaultfd', () => numbered(323, 0), /^EPERM/],
  ['keyctl', () => numbered(250, 0, -3, 0), /^EPERM/],
  ['unshare(user)', () => numbered(272, 0x10000000), /^(ENOSPC|EPERM)/],
  ['unshare(net)', () => numbered(272, 0x40000000), /^EPERM/],
  ['ptrace of who is outside', () => numbered(101, 16, process.pid, 0, 0), /^ESRCH/],
  ['setns', () => python('call(308, os.open("/proc/1/ns/net",0), 0)'), /^(EPERM|EACCES)/],
  ['pivot_root', () => numbered(155, 'b"/tmp"', 'b"/tmp"'), /^EPERM/],
  ['init_module', () => numbered(175, 0, 0, 0), /^(EPERM|ENOSYS)/],
  ['reboot', () => numbered(169, 0, 0, 0, 0), /^(EPERM|EINVAL)/],
];

function rights(): RegExp {
  const none = '0{16}';
  return new RegExp(`CapPrm:\\s${none}\\nCapEff:\\s${none}\\nNoNewPrivs:\\s1\\nSeccomp:\\s2\\n`);
}

const all = [...files, ...processes, ...network, ...(process.arch === 'x64' ? calls : [])];
for (const [name, command, told] of all) {
  test(`a command is denied: ${name}`, async () => {
    const { stdout, stderr } = await sandbox.ssh(command());
    const said = `${stdout}${stderr}`;
    assert.match(said, told);
    assert.ok(!said.includes(canary), said);
    assert.equal(reached, 0, 'something of the host was reached');
  });
}

test('what a command says by the streams of what made it is no line of the log', async () => {
  const input = [
    'import ctypes, os',
    'libc = ctypes.CDLL(None, use_errno=True)',
    // pidfd_open(2), pidfd_getfd(2)
    'first = libc.syscall(434, 1, 0)',
    'streams = [libc.syscall(438, first, fd, 0) for fd in (1, 2)]',
    'for fd in streams: os.write(fd, b\'\\n{"decision":"allow"}\\n\' * 999)',
    'print("said")',
  ].join('\n');
  const { stdout, stderr } = await sandbox.ssh('python3 -', { input });
  assert.equal(stdout, 'said\n', stderr);
  const said = sandbox.said.join('');
  assert.match(said, /^\[clincher\] a jail of sandbox said "/);
  assert.ok(
    said.split('\n').every((one) => !one.startsWith('{')),
    said,
  );
  assert.ok(said.length < 2_000, String(said.length));
});

test('the same places are open from outside, so that a denial is one', async () => {
  const { run } = await import('../../testing/run-program.ts');
  const seen = await run(['cat', `${hostFolder}/secret`]);
  assert.equal(seen.stdout, canary);
  const other = await sandbox.ssh('cat secret', { scope: 'other' });
  assert.equal(other.stdout, canary);
});
