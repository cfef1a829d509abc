// What somebody who reaches the door tries: other keys, other methods, everything that SSH can do
// beside running a command, and bytes that are no SSH. Each is refused under its own reason.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { makeKeyPair } from '../../cli/secrets/ssh-keys.ts';
import { openSandbox, type TestSandbox } from '../../testing/sandbox.ts';
import { tempDir } from '../../testing/temp-dir.ts';

let sandbox: TestSandbox;
let canaryPort: number;
let reached = 0;
const canary = createServer((socket) => {
  reached += 1;
  socket.end();
});

before(async () => {
  sandbox = await openSandbox({ limits: { signInTimeoutMs: 2_500, idleTimeoutMs: 4_000 } });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  const address = canary.address();
  canaryPort = typeof address === 'object' ? (address?.port ?? 0) : 0;
});
after(async () => {
  canary.close();
  await sandbox[Symbol.asyncDispose]();
});

function closed(client: Client): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

/** The reasons of the records that came since. */
function since(count: number): unknown[] {
  return sandbox.telemetry
    .decisions()
    .slice(count)
    .map(({ reason }) => reason);
}

function isSince(record: unknown, count: number): boolean {
  return sandbox.telemetry
    .decisions()
    .slice(count)
    .some((each) => each === record);
}

const other = makeKeyPair('other').private;
const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2_048 }).private;

const strangers: readonly (readonly [string, ConnectConfig, string])[] = [
  ['a password', { password: 'password', privateKey: undefined }, 'ssh-method-refused'],
  ['questions', { tryKeyboard: true, privateKey: undefined }, 'ssh-method-refused'],
  ['another key of the same kind', { privateKey: other }, 'ssh-key-wrong'],
  ['a key of another kind', { privateKey: rsa }, 'ssh-key-wrong'],
  ['our key for another user', { username: 'root' }, 'ssh-scope-unknown'],
  ['our key for a path', { username: '../other' }, 'ssh-scope-unknown'],
  ['our key for no user', { username: ' ' }, 'ssh-scope-unknown'],
] as unknown as readonly (readonly [string, ConnectConfig, string])[];
for (const [name, config, reason] of strangers) {
  test(`nobody comes in with ${name}`, async () => {
    const before = sandbox.telemetry.decisions().length;
    await assert.rejects(sandbox.client(config));
    assert.ok(since(before).includes(reason), String(since(before)));
    assert.ok(!since(before).includes('allowed'));
  });
}

test('after a few keys the door is shut, and each try is written down', async () => {
  const before = sandbox.telemetry.decisions().length;
  const keys = Array.from({ length: 6 }, () => makeKeyPair('guess').private);
  const methods = keys.map((key) => ({ type: 'publickey' as const, username: 'agent', key }));
  await assert.rejects(
    sandbox.client({ authHandler: (_left, _partial, next) => next(methods.shift() as never) }),
  );
  assert.deepEqual(since(before), ['ssh-key-wrong', 'ssh-key-wrong', 'ssh-key-wrong']);
});

test('whoever shows our key and signs with another stays out', async () => {
  const before = sandbox.telemetry.decisions().length;
  const [ours, theirs] = [sandbox.key, other].map((text) => ssh2.utils.parseKey(text));
  assert.ok(!(ours instanceof Error) && !(theirs instanceof Error) && ours && theirs);
  ours.sign = (data, algorithm) => theirs.sign(data, algorithm);
  const method = { type: 'publickey' as const, username: 'agent', key: ours };
  const methods = [method];
  await assert.rejects(
    sandbox.client({
      authHandler: (_left, _partial, next) => next((methods.pop() ?? false) as never),
    }),
  );
  assert.deepEqual(since(before), ['ssh-key-wrong']);
});

test('ssh(1) does not talk to a door with another key', async () => {
  await using impostor = await openSandbox();
  const { code, stderr } = await sandbox.ssh('true', { flags: ['-p', String(impostor.port)] });
  assert.equal(code, 255);
  assert.match(stderr, /(REMOTE HOST IDENTIFICATION HAS CHANGED|verification failed)/);
});

type Ask = (client: Client, done: (error?: Error | null) => void) => void;
const forward = 'ssh-forward-refused';
const request = 'ssh-request-refused';

const requests: readonly (readonly [string, Ask, string])[] = [
  ['a port of the host', (c, done) => c.forwardOut('a', 1, '127.0.0.1', canaryPort, done), forward],
  ['a port elsewhere', (c, done) => c.forwardOut('a', 1, '192.0.2.1', 80, done), forward],
  [
    'a socket of the host',
    (c, done) => c.openssh_forwardOutStreamLocal('/var/run/docker.sock', done),
    forward,
  ],
  ['listening', (c, done) => c.forwardIn('127.0.0.1', 0, done), forward],
  ['listening on a socket', (c, done) => c.openssh_forwardInStreamLocal('/tmp/s', done), forward],
  ['a shell', (c, done) => c.shell(done), request],
  ['a shell without a terminal', (c, done) => c.shell(false, done), request],
  ['files by sftp', (c, done) => c.sftp(done), request],
  ['another subsystem', (c, done) => c.subsys('netconf', done), request],
  ['an environment', (c, done) => c.exec('true', { env: { LD_PRELOAD: 'x' } }, done), request],
  ['displays', (c, done) => c.exec('true', { x11: true }, done), forward],
];
for (const [name, ask, reason] of requests) {
  test(`a connection that is signed in does not get ${name}`, async () => {
    const before = sandbox.telemetry.decisions().length;
    const client = await sandbox.client({ strictVendor: false });
    const error = await new Promise((resolve) => ask(client, (no) => resolve(no ?? null)));
    if (!name.includes('environment')) assert.ok(error instanceof Error, 'it was granted');
    assert.ok(since(before).includes(reason), String(since(before)));
    assert.equal(reached, 0);
    client.end();
  });
}

const flags: readonly (readonly [string, readonly string[], string])[] = [
  ['-L', ['-o', 'ExitOnForwardFailure=yes', '-L', '0:127.0.0.1:22'], ''],
  ['-R', ['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:22'], forward],
  ['-A', ['-A'], ''],
  ['-s', ['-s'], request],
  ['SendEnv', ['-o', 'SetEnv=LD_PRELOAD=/tmp/x.so'], request],
];
for (const [name, given, reason] of flags) {
  test(`ssh ${name} gives nothing more`, async () => {
    const before = sandbox.telemetry.decisions().length;
    const { stdout } = await sandbox.ssh('env; ls -a /tmp', { flags: given });
    assert.ok(!/LD_PRELOAD|SSH_AUTH_SOCK|agent\./.test(stdout), stdout);
    if (reason !== '') assert.ok(since(before).includes(reason), String(since(before)));
  });
}

test('what is refused too often ends the connection', async () => {
  const before = sandbox.telemetry.decisions().length;
  const client = await sandbox.client();
  const gone = closed(client);
  for (let tries = 0; tries < 70; tries += 1) {
    try {
      client.forwardOut('a', 1, '127.0.0.1', canaryPort, () => {});
    } catch {
      break;
    }
  }
  await gone;
  assert.equal(reached, 0);
  const refused = since(before).filter((reason) => reason === forward);
  assert.equal(refused.length, 64);
  assert.ok(!since(before).includes('sandbox-idle'), 'nothing but silence ended it');
});

test('a packet of no size does not keep the door busy for ever', async () => {
  const client = await sandbox.client();
  const protocol = Reflect.get(client, '_protocol');
  const session = protocol.session.bind(protocol);
  protocol.session = (channel: number, window: number) => session(channel, window, 0);
  const gone = closed(client);
  client.exec('echo x', () => {});
  await gone;
  assert.equal((await sandbox.ssh('echo there')).stdout, 'there\n');
});

test('who sends more than the window lets is cut off', async () => {
  const client = await sandbox.client();
  const gone = closed(client);
  client.exec('sleep 5', (error, channel) => {
    assert.equal(error, undefined);
    Object.assign(Object(Reflect.get(channel, 'outgoing')), { window: 2 ** 31 });
    channel.on('error', () => {});
    for (let sent = 0; sent < 40; sent += 1) channel.write(Buffer.alloc(1_000_000));
  });
  await gone;
  await sandbox.line(({ reason }) => reason === 'ssh-protocol-broken');
});

const noise: readonly (readonly [string, string, string])[] = [
  ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'ssh-login-left'],
  ['a greeting without an end', 'x'.repeat(100_000), 'ssh-protocol-broken'],
  ['an old protocol', 'SSH-1.5-old\r\n', 'ssh-login-left'],
  [
    'a packet of a gigabyte',
    `SSH-2.0-x\r\n${'\x40\0\0\0'}${'\0'.repeat(64)}`,
    'ssh-protocol-broken',
  ],
  ['garbage after the greeting', `SSH-2.0-x\r\n${'\xff'.repeat(4_000)}`, 'ssh-protocol-broken'],
  ['nothing', '', 'ssh-login-late'],
  ['half a greeting', 'SSH-2.', 'ssh-login-late'],
];
for (const [name, bytes, reason] of noise) {
  test(`${name} is cut off`, async () => {
    const before = sandbox.telemetry.decisions().length;
    const socket = connect(sandbox.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.write(Buffer.from(bytes, 'latin1'));
    await new Promise((resolve) => socket.once('close', resolve));
    await sandbox.line((record) => isSince(record, before) && record.reason === reason);
  });
}

test('a connection that asks for nothing is closed', async () => {
  const client = await sandbox.client();
  await closed(client);
  await sandbox.line(({ reason }) => reason === 'sandbox-idle');
});

test('scp reaches what a command reaches, and no other file', async () => {
  using dir = tempDir();
  await writeFile(join(dir.path, 'planted'), 'planted');
  // What `scp -O planted HOST:../../etc/planted` runs at the other end.
  const to = '../../etc/planted';
  const sent = await sandbox.ssh(`scp -t ${to}`, { input: 'C0644 7 planted\nplanted\0' });
  assert.match(sent.stdout, /(denied|Read-only|No such file)/);
  const got = await sandbox.ssh(`scp -f ${join(dir.path, 'planted')}`, { input: '\0\0\0' });
  assert.match(got.stdout, /No such file/);
});
