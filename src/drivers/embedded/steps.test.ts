// The jail as literal arguments: what changes here changes what a service can reach.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostPaths } from '../../host/host-paths.ts';
import type { ServicePlan } from '../../plan/model.ts';
import { inside } from '../../plan/paths.ts';
import { type CodeFolder, jailSpec } from './steps.ts';

const installation = {
  programRoot: '/srv/clincher',
  nodePath: '/srv/node',
};
const machine = { procReadOnly: ['/proc/sys'], procHidden: ['/proc/kcore'] };
const serveArgv = [
  inside.node,
  '/opt/clincher/src/cli/serve.ts',
  'llm',
  '--settings',
  inside.settings,
];

const llm: ServicePlan = {
  name: 'llm',
  role: 'llm',
  hash: 'h',
  settings: {},
  listens: [{ edge: 'gateway--llm.api', peer: 'gateway', folder: '/run/clincher/in/gateway.api' }],
  dials: [{ edge: 'llm--egress.proxy', peer: 'egress', folder: '/run/clincher/out/egress.proxy' }],
  secrets: ['provider-anthropic-key'],
  files: [],
  mounts: [],
  state: true,
  network: 'none',
  inherits: [],
  limits: { memoryBytesMax: 512 * 1024 * 1024, cpusMax: 1, processesMax: 64, filesMax: 1024 },
  after: [],
  readyTimeoutMs: 1,
};

function specOf(plan: Partial<ServicePlan>, code: CodeFolder | null = null) {
  const paths = hostPaths('/state');
  return jailSpec({ ...llm, ...plan }, '/bundle', serveArgv, installation, paths, machine, code);
}

function lines(options: readonly string[]): string[] {
  return options
    .join(' ')
    .split(/ (?=--)/)
    .filter((line) => line !== '');
}

test('the jail of a role is exactly this', () => {
  const spec = specOf({});
  assert.deepEqual(lines(spec.options), [
    '--unshare-user',
    '--disable-userns',
    '--uid 1000',
    '--gid 1000',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    '--unshare-net',
    '--hostname llm',
    '--cap-drop ALL',
    '--new-session',
    '--die-with-parent',
    '--clearenv',
    '--setenv HOME /var/lib/clincher',
    '--setenv LANG C.UTF-8',
    '--setenv PATH /opt/node/bin',
    '--ro-bind /usr/lib /usr/lib',
    '--ro-bind-try /usr/lib64 /usr/lib64',
    '--symlink usr/lib /lib',
    '--symlink usr/lib64 /lib64',
    '--ro-bind /srv/node /opt/node/bin/node',
    '--ro-bind /srv/clincher/src /opt/clincher/src',
    '--ro-bind /srv/clincher/node_modules /opt/clincher/node_modules',
    '--ro-bind /srv/clincher/package.json /opt/clincher/package.json',
    '--ro-bind /state/run/etc/passwd /etc/passwd',
    '--ro-bind /state/run/etc/group /etc/group',
    '--ro-bind /state/run/etc/nsswitch.conf /etc/nsswitch.conf',
    '--ro-bind /state/run/etc/hosts /etc/hosts',
    '--proc /proc',
    '--ro-bind /proc/sys /proc/sys',
    '--ro-bind /dev/null /proc/kcore',
    '--dev /dev',
    '--size 1048576',
    '--tmpfs /dev/shm',
    '--size 16777216',
    '--tmpfs /tmp',
    '--size 1048576',
    '--tmpfs /run',
    '--bind /state/run/edges/gateway--llm.api /run/clincher/in/gateway.api',
    '--ro-bind /state/run/edges/llm--egress.proxy /run/clincher/out/egress.proxy',
    '--bind /state/services/llm/state /var/lib/clincher',
    '--ro-bind /bundle/settings.json /run/clincher/settings.json',
    '--ro-bind /bundle/secrets /run/clincher/secrets',
    '--remount-ro /run',
    '--remount-ro /dev',
    '--remount-ro /',
    '--chdir /var/lib/clincher',
  ]);
  assert.deepEqual(spec.argv, [
    '/opt/node/bin/node',
    '--max-old-space-size=384',
    '/opt/clincher/src/cli/serve.ts',
    'llm',
    '--settings',
    '/run/clincher/settings.json',
  ]);
});

test('only a service planned with a way out shares the network, and gets names and certificates', () => {
  const difference = onlyIn(specOf({ network: 'outside' }).options, specOf({}).options);
  assert.deepEqual(difference, [
    '--ro-bind /state/run/etc/nsswitch-outside.conf /etc/nsswitch.conf',
    '--ro-bind /state/run/etc/resolv.conf /etc/resolv.conf',
    '--ro-bind-try /etc/hosts /etc/hosts',
    '--ro-bind-try /etc/ssl/certs /etc/ssl/certs',
    '--ro-bind-try /usr/share/ca-certificates /usr/share/ca-certificates',
  ]);
  assert.ok(!specOf({ network: 'outside' }).options.includes('--unshare-net'));
});

test('the agent gets a shell and its tools, and no more of the host than that', () => {
  assert.deepEqual(onlyIn(specOf({ role: 'relay' }).options, specOf({}).options), [
    '--setenv PATH /opt/node/bin:/usr/local/bin:/usr/bin:/bin',
    '--ro-bind /usr /usr',
    '--symlink usr/bin /bin',
    '--symlink usr/sbin /sbin',
    '--ro-bind-try /etc/alternatives /etc/alternatives',
    '--ro-bind-try /etc/ssl/certs /etc/ssl/certs',
    '--size 67108864',
    '--size 536870912',
  ]);
});

test('compiled code can be written by the jail that makes it, and by no other', () => {
  const difference = (writable: boolean) =>
    onlyIn(specOf({}, { folder: '/code', writable }).options, specOf({}).options);
  const variable = '--setenv NODE_COMPILE_CACHE /opt/cache';
  assert.deepEqual(difference(false), [variable, '--ro-bind /code /opt/cache']);
  assert.deepEqual(difference(true), [variable, '--bind /code /opt/cache']);
});

test('a service without state has nothing on the host that it may write but its sockets', () => {
  const writable = lines(specOf({ state: false }).options).filter((line) =>
    line.startsWith('--bind'),
  );
  assert.deepEqual(writable, [
    '--bind /state/run/edges/gateway--llm.api /run/clincher/in/gateway.api',
  ]);
});

test('planned mounts and files come after the state they may lie in, each as it was planned', () => {
  const mounts = [
    { source: '/var/run/docker.sock', target: '/run/docker.sock', readOnly: true },
    { source: '/data', target: '/data', readOnly: false },
  ];
  const files = [{ path: '/var/lib/clincher/openclaw.json', content: '' }];
  const all = lines(specOf({ mounts, files }).options);
  assert.ok(all.includes('--ro-bind /var/run/docker.sock /run/docker.sock'));
  assert.ok(all.includes('--bind /data /data'));
  const file = all.indexOf('--ro-bind /bundle/files/0 /var/lib/clincher/openclaw.json');
  assert.ok(file > all.indexOf('--bind /state/services/llm/state /var/lib/clincher'));
});

test('a name that is more than one path element is refused as a bug', () => {
  for (const name of ['../x', 'a/b', '.', '..', '', 'a\0b', '-x']) {
    assert.throws(() => specOf({ name, state: true }), /not a plain name/, JSON.stringify(name));
  }
});

function onlyIn(these: readonly string[], those: readonly string[]): string[] {
  const known = new Set(lines(those));
  return lines(these).filter((line) => !known.has(line));
}

test('a folder of what another keeps can be written only where the plan says so', () => {
  const folder = { of: 'cache', name: 'pages', at: '/run/kept' };
  const kept = '/state/services/cache/state/pages /run/kept';
  for (const readOnly of [true, false]) {
    const found = lines(specOf({ folders: [{ ...folder, readOnly }] }).options);
    assert.ok(found.includes(`${readOnly ? '--ro-bind' : '--bind'} ${kept}`), found.join('\n'));
  }
});
