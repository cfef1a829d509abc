// Every bound is reached once: what is over it is ended or refused, said to who asked, written
// down, and the sandbox goes on.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { openSandbox, type TestSandbox } from '../../testing/sandbox.ts';

const mebibyte = 1024 * 1024;

async function goesOn(sandbox: TestSandbox): Promise<void> {
  const { stdout, stderr } = await sandbox.ssh('echo there');
  assert.equal(stdout, 'there\n', stderr);
}

test('a command that runs too long is ended, and says so', async () => {
  await using sandbox = await openSandbox({ limits: { commandMs: 400 } });
  const { code, stdout, stderr } = await sandbox.ssh('echo begun; sleep 60');
  assert.deepEqual([code, stdout], [124, 'begun\n']);
  assert.match(stderr, /^clincher: .*\(sandbox-too-long, request [0-9a-f-]{36}\)\n$/);
  const record = await sandbox.line(({ reason }) => reason === 'sandbox-too-long');
  assert.equal(record.verdict, 'deny');
  await goesOn(sandbox);
});

test('a command that reads or writes too much is ended', async () => {
  await using sandbox = await openSandbox({ limits: { streamBytesMax: mebibyte } });
  const wrote = await sandbox.ssh('yes');
  assert.equal(wrote.code, 124);
  assert.match(wrote.stderr, /sandbox-bytes-too-many/);
  assert.ok(wrote.stdout.length < 8 * mebibyte, String(wrote.stdout.length));
  const read = await sandbox.ssh('cat > /dev/null', { input: 'x'.repeat(2 * mebibyte) });
  assert.match(read.stderr, /sandbox-bytes-too-many/);
  await goesOn(sandbox);
});

test('who does not read what a command writes is not kept in memory', async () => {
  await using sandbox = await openSandbox({ limits: { commandMs: 700 } });
  const client = await sandbox.client();
  const before = process.memoryUsage.rss();
  client.exec('yes', (error, channel) => {
    assert.equal(error, undefined);
    channel.pause();
  });
  const record = await sandbox.line(({ reason }) => reason === 'sandbox-too-long');
  assert.ok(Number(record.bytesOut) < 16 * mebibyte, String(record.bytesOut));
  assert.ok(process.memoryUsage.rss() - before < 128 * mebibyte);
  client.destroy();
});

test('more commands at once than may run are refused, also on one connection', async () => {
  await using sandbox = await openSandbox({ limits: { commandsMax: 2, channelsMax: 3 } });
  const client = await sandbox.client();
  const start = (command: string) =>
    new Promise<string>((resolve) => {
      client.exec(command, (error, channel) => {
        if (error) return resolve(error.message);
        channel.stderr.on('data', (data: Buffer) => resolve(String(data)));
        channel.on('data', (data: Buffer) => resolve(String(data)));
      });
    });
  assert.equal(await start('echo up; sleep 60'), 'up\n');
  assert.equal(await start('echo up; sleep 60'), 'up\n');
  assert.match(await start('echo up'), /sandbox-commands-too-many/);
  assert.match((await sandbox.ssh('echo up')).stderr, /sandbox-commands-too-many/);
  client.destroy();
  await sandbox.line(({ exit, verdict }) => exit === null && verdict === 'allow');
});

test('channels, connections and commands in a minute are counted', async () => {
  const limits = { channelsMax: 2, connectionsMax: 2, commandsPerMinuteMax: 3 };
  await using sandbox = await openSandbox({ limits });
  const client = await sandbox.client();
  const open = () =>
    new Promise<string>((resolve) => {
      client.exec('sleep 60', (error) => resolve(error === undefined ? 'open' : 'refused'));
    });
  assert.deepEqual([await open(), await open(), await open()], ['open', 'open', 'refused']);
  const second = await sandbox.client();
  const third = connect(sandbox.port, '127.0.0.1');
  third.on('error', () => {});
  await new Promise((resolve) => third.once('close', resolve));
  await sandbox.line(({ reason }) => reason === 'limit-connections');
  client.destroy();
  second.destroy();
  await sandbox.line(({ exit }) => exit === null);
  await goesOn(sandbox);
  assert.match((await sandbox.ssh('echo there')).stderr, /sandbox-commands-too-fast/);
});

test('a command has an end', async () => {
  await using sandbox = await openSandbox();
  const client = await sandbox.client();
  const told = (command: string) =>
    new Promise<string>((resolve) => {
      client.exec(command, (error, channel) => {
        if (error) return resolve(error.message);
        channel.stderr.on('data', (data: Buffer) => resolve(String(data)));
        channel.on('data', (data: Buffer) => resolve(String(data)));
      });
    });
  const padded = (bytes: number) => `echo ran #${'x'.repeat(bytes - 10)}`;
  assert.equal(await told(padded(34_000)), 'ran\n');
  assert.match(await told(padded(34_001)), /ssh-command-refused/);
  assert.match(await told('echo ran\0rm'), /ssh-command-refused/);
  client.end();
  const { code } = await sandbox.ssh(padded(100_000));
  assert.equal(code, 255);
  await sandbox.line(({ reason }) => reason === 'ssh-protocol-broken');
});

test('a bomb of processes hurts nobody but itself', async () => {
  await using sandbox = await openSandbox({ limits: { commandMs: 1_500 } });
  const bomb = sandbox.ssh('f() { f | f & f; }; f 2>/dev/null; sleep 60');
  const other = await sandbox.ssh('echo there', { scope: 'other' });
  assert.equal(other.stdout, 'there\n');
  assert.notEqual((await bomb).code, 0);
  await goesOn(sandbox);
});

test('memory and the size of a file have an end', async () => {
  await using sandbox = await openSandbox();
  const memory = await sandbox.ssh('python3 -c "b=bytearray(3<<30); print(len(b))"');
  assert.match(memory.stderr, /MemoryError|Killed/);
  const file = await sandbox.ssh(
    'head -c 100M /dev/zero > big; echo $?; ls -s big | wc -l; rm big',
  );
  assert.match(file.stdout, /^153\n/);
  const shared = await sandbox.ssh('head -c 100M /dev/zero > /dev/shm/x; echo $?');
  assert.match(shared.stderr + shared.stdout, /No space left|^153/m);
});

test('a full scope can only be emptied, and then works again', async () => {
  const limits = { storageBytesMax: 4 * mebibyte, storageEveryMs: 50 };
  await using sandbox = await openSandbox({ limits });
  await sandbox.ssh('mkdir e; chmod 000 e');
  assert.equal((await sandbox.ssh('echo room')).stdout, 'room\n');
  // In a folder that its owner may not enter: it counts all the same.
  await sandbox.ssh('mkdir d; head -c 6M /dev/zero > d/a; chmod 000 d');
  const write = await sandbox.ssh('echo more > more');
  assert.notEqual(write.code, 0);
  assert.match(write.stderr, /sandbox-full/);
  const other = await sandbox.ssh('echo more > more && cat more', { scope: 'other' });
  assert.equal(other.stdout, 'more\n');
  assert.equal((await sandbox.ssh('rm -rf d more')).code, 0);
  assert.equal((await sandbox.ssh('echo more > more && cat more')).stdout, 'more\n');
});

test('a command that fills its scope is ended while it runs', async () => {
  const limits = { storageBytesMax: 4 * mebibyte, storageEveryMs: 150 };
  await using sandbox = await openSandbox({ limits });
  const { code, stderr } = await sandbox.ssh('head -c 6M /dev/zero > a; sleep 60');
  assert.equal(code, 124);
  assert.match(stderr, /sandbox-full/);
});

test('many files are as full as large ones', async () => {
  await using sandbox = await openSandbox({ limits: { storageFilesMax: 20, storageEveryMs: 50 } });
  await sandbox.ssh('for n in $(seq 40); do : > f$n; done');
  assert.match((await sandbox.ssh('echo more > more')).stderr, /sandbox-full/);
});

test('without somebody who makes jails the answer is a sentence, and no wait', async () => {
  await using sandbox = await openSandbox({ jails: { jailsMax: 1 } });
  const slow = sandbox.client().then((client) => {
    client.exec('echo up; sleep 60', () => {});
    return client;
  });
  const client = await slow;
  while (readdirSync(sandbox.jailsFolder).length < 2) await new Promise((r) => setTimeout(r, 10));
  const { code, stderr } = await sandbox.ssh('echo there');
  assert.equal(code, 255);
  assert.match(stderr, /sandbox-unavailable/);
  client.destroy();
});
