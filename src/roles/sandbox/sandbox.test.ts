// The sandbox as the agent uses it: real ssh(1), real jails, one command to a connection.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../testing/run-program.ts';
import { openSandbox, type TestSandbox } from '../../testing/sandbox.ts';
import { tempDir } from '../../testing/temp-dir.ts';

let sandbox: TestSandbox;
before(async () => {
  sandbox = await openSandbox();
});
after(() => sandbox[Symbol.asyncDispose]());

test('a command gets its input, and its streams and exit code come back', async () => {
  const outcome = await sandbox.ssh('cat; echo problem >/dev/stderr; exit 7', { input: 'hello' });
  assert.deepEqual(outcome, { code: 7, stdout: 'hello', stderr: 'problem\n' });
});

test('a program that a signal ends is told as a shell tells it', async () => {
  assert.equal((await sandbox.ssh('kill -TERM $$')).code, 143);
  assert.equal((await sandbox.ssh('/no/such/program')).code, 127);
});

test('many bytes go both ways unchanged, and the end of the input is told', async () => {
  const sent = randomBytes(3_000_000).toString('hex');
  const { stdout } = await sandbox.ssh('tee copy | sha256sum', { input: sent });
  assert.ok(stdout.startsWith(createHash('sha256').update(sent).digest('hex')));
  const back = await sandbox.ssh('cat copy; rm copy');
  assert.equal(back.stdout, sent);
});

test('both streams can be full at once', async () => {
  const command = 'head -c 5000000 /dev/zero | tee /dev/stderr; echo end';
  const { stdout, stderr, code } = await sandbox.ssh(command);
  assert.deepEqual([stdout.length, stderr.length, code], [5_000_004, 5_000_000, 0]);
});

test('what is left behind is there for the next command of the scope, and for nobody else', async () => {
  await sandbox.ssh('echo kept > kept; mkdir -p /tmp/d; echo script > /tmp/d/s');
  assert.equal((await sandbox.ssh('cat kept /tmp/d/s')).stdout, 'kept\nscript\n');
  const other = await sandbox.ssh('ls /sandbox /tmp', { scope: 'other' });
  assert.equal(other.stdout, '/sandbox:\n\n/tmp:\n');
});

test('a whole folder is seeded as the agent seeds it', async () => {
  using dir = tempDir();
  await mkdir(join(dir.path, 'notes'));
  await writeFile(join(dir.path, 'notes/one.md'), 'one');
  const tar = await run(['sh', '-c', `tar -C ${dir.path} -cf - . | base64 -w0`]);
  const input = Buffer.from(tar.stdout, 'base64').toString('latin1');
  const { code, stderr } = await sandbox.ssh('mkdir -p seed && tar -xf - -C seed', { input });
  assert.equal(code, 0, stderr);
  const host = join(sandbox.home('agent'), 'workspace/seed/notes/one.md');
  assert.equal(await readFile(host, 'utf8'), 'one');
});

test('a terminal has its size, its name and its signals', async () => {
  const command = 'stty size; tty; echo $TERM; exit 5';
  const client = await sandbox.client();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  client.exec(command, { pty: { cols: 101, rows: 33 } }, (error, channel) => {
    if (error) return reject(error);
    let text = '';
    channel.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    channel.on('exit', (code: number) => {
      text += `exit ${code}`;
    });
    channel.on('close', () => resolve(text.replaceAll('\r\n', '\n')));
  });
  assert.match(await promise, /^33 101\n\/dev\/pts\/0\nxterm-256color\nexit 5$/);
  client.end();
});

test('commands of one scope run at once and do not see one another', async () => {
  const slow = sandbox.ssh('echo up; read line; echo $line', { input: '' });
  const others = await Promise.all(
    [1, 2, 3].map((n) => sandbox.ssh(`sleep 0.3; echo ${n}; ps ax`)),
  );
  for (const [index, { stdout }] of others.entries()) {
    assert.ok(stdout.startsWith(`${index + 1}\n`));
    assert.equal(stdout.split('\n').filter((line) => line.includes('sleep 0.3')).length, 2, stdout);
  }
  assert.equal((await slow).stdout, 'up\n\n');
});

test('ending every process ends the command alone', async () => {
  const { code } = await sandbox.ssh('(sleep 0.1; kill -9 -1) & sleep 60');
  assert.equal(code, 137);
  assert.equal((await sandbox.ssh('echo there')).stdout, 'there\n');
});

test('nothing outlives its command, also what tried to', async () => {
  await sandbox.ssh('setsid nohup sleep 86399 >/dev/null 2>&1 & echo started');
  assert.equal(await sleeping('86399'), 0);
});

test('nothing outlives its connection', async () => {
  const client = await sandbox.client();
  await new Promise<void>((resolve, reject) => {
    client.exec('setsid sleep 86398 & sleep 86398 & echo up; wait', (error, channel) => {
      if (error) return reject(error);
      channel.once('data', () => resolve());
    });
  });
  assert.equal(await sleeping('86398'), 2);
  client.destroy();
  const record = await sandbox.line(({ exit }) => exit === null);
  assert.deepEqual([record.verdict, record.program], ['allow', 'setsid']);
  assert.equal(await sleeping('86398'), 0);
});

test('a record says what ran for how long, and not one argument', async () => {
  await sandbox.ssh("'/bin/sh' '-c' 'echo token-0451 > /dev/null' 'openclaw-sandbox-fs'");
  const record = sandbox.telemetry.decisions().at(-1);
  assert.ok(record !== undefined);
  const { caller, verdict, reason, rule, scope, program, step, exit, commandBytes } = record;
  assert.deepEqual([caller, verdict, reason, rule], ['gateway', 'allow', 'allowed', 'scope agent']);
  assert.deepEqual([scope, program, step, exit], ['agent', 'sh', 'openclaw-sandbox-fs', 0]);
  assert.deepEqual([record.asked, commandBytes], ['openclaw-sandbox-fs', 66]);
  assert.ok(!JSON.stringify(sandbox.telemetry.lines()).includes('0451'));
});

test('what is counted can be read', async () => {
  const text = await sandbox.telemetry.metrics.metrics();
  assert.match(text, /clincher_sandbox_open_commands 0/);
  assert.match(text, /clincher_decisions_total\{[^}]*caller="gateway",verdict="allow"/);
  assert.match(text, /clincher_bytes_total\{caller="gateway",direction="in"\} \d{7}/);
  assert.match(text, /clincher_sandbox_storage_bytes\{scope="agent"\} \d+/);
});

async function sleeping(seconds: string): Promise<number> {
  const { stdout } = await run(['pgrep', '-fx', `sleep ${seconds}`]);
  return stdout.split('\n').filter((line) => line !== '').length;
}
