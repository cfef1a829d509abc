// OpenClaw's own Docker sandboxes, with the real agent and a real daemon: what the model asks for
// runs in a container that docker-proxy let the agent make. The stack is an ordinary user's, as
// root has none; the daemon is root's.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, suite, test } from 'node:test';
import { type AgentStack, bringUpAgent } from '../../src/testing/agent-stack.ts';
import { toolResultOf } from '../../src/testing/ask-agent.ts';
import { dockerCli, dockerSkip, startDockerDaemon } from '../../src/testing/docker-daemon.ts';
import { ordinaryUid, runAgainAs, whyNoOrdinaryUser } from '../../src/testing/ordinary-user.ts';

interface Daemon {
  readonly socket: string;
  readonly image: string;
  readonly imageId: string;
}

const given = process.env.CLINCHER_TEST_DOCKER;
if (given === undefined) asRoot();
else asOrdinaryUser(JSON.parse(given) as Daemon);

/** Starts the daemon and runs this file again, as who it is for. */
function asRoot(): void {
  const skip = dockerSkip || whyNoOrdinaryUser();
  test('the agent works in containers, as an ordinary user', { skip }, async () => {
    const id = ordinaryUid;
    await using daemon = await startDockerDaemon({ socketGroup: id, withPython: true });
    const { socket, image, imageId } = daemon;
    const given = { CLINCHER_TEST_DOCKER: JSON.stringify({ socket, image, imageId }) };
    await runAgainAs({ uid: id, gid: id }, import.meta.filename, given);
  });
}

const closing = 'That was all.';
const agents = ['/run/clincher', '/opt/clincher', '/opt/agent', '/var/lib/clincher'];
const look = [
  'echo in-the-sandbox-$((6*7)) of $(id -u)',
  `ls -d ${agents.join(' ')}`,
  'echo "interfaces: $(tail -n +3 /proc/net/dev | cut -d: -f1 | xargs)"',
  'echo "rights: $(grep CapEff /proc/self/status) $(grep NoNewPrivs /proc/self/status)"',
  'touch /etc/x; echo kept > kept.txt',
].join('; ');

function asOrdinaryUser({ socket, image, imageId }: Daemon): void {
  let stack: AgentStack;
  const daemon = async (...args: readonly string[]) =>
    (await dockerCli(socket, args)).stdout.trim();
  const turn = (tool: string, input: Readonly<Record<string, unknown>>) =>
    toolResultOf(stack, { tool, input, closing });
  const sandbox = async () => (await daemon('ps', '--all', '--quiet', '--no-trunc')).split('\n');
  const changes = async () =>
    (await stack.decisions('docker-proxy'))
      .filter(({ operation }) => /^Container(Create|Delete)$/.test(String(operation)))
      .map(({ operation, verdict, caller }) => [operation, verdict, caller]);

  suite('the agent with a Docker daemon', () => {
    before(async () => {
      const containers = `docker, socket: ${socket}, image: "${image}", imageId: "${imageId}"`;
      stack = await bringUpAgent({ dialect: 'openai', sandbox: `${containers}, memory: 512m` });
    });
    after(() => stack[Symbol.asyncDispose]());

    test('a tool call runs in a container, where nothing of the agent is', async () => {
      const result = await turn('exec', { command: look });
      assert.match(result, new RegExp(`in-the-sandbox-42 of ${ordinaryUid}`));
      for (const folder of agents) assert.ok(result.includes(`${folder}: No such file`), result);
      assert.match(result, /interfaces: lo\n/);
      assert.match(result, /rights: CapEff:\\t0{16} NoNewPrivs:\\t1/);
      assert.match(result, /\/etc\/x: Read-only file system/);
      const [id = '', ...others] = await sandbox();
      assert.deepEqual(others, []);
      const format = '{{.HostConfig.NetworkMode}} {{.HostConfig.Memory}} {{.Image}}';
      assert.equal(await daemon('inspect', '-f', format, id), `none ${512 * 1024 ** 2} ${imageId}`);
    });

    test('the file tools write and read where commands do', async () => {
      await turn('write', { path: 'made.txt', content: 'by the tool' });
      assert.match(await turn('read', { path: 'made.txt' }), /by the tool/);
    });

    test('every call is in the record, with what was changed in it', async () => {
      const made = (await stack.decisions('docker-proxy')).filter(
        ({ operation }) => operation === 'ContainerCreate',
      );
      assert.equal(made.length, 1);
      const [{ verdict, caller, changed } = {}] = made;
      assert.deepEqual([verdict, caller], ['allow', 'gateway']);
      assert.match(JSON.stringify(changed), /clincher\.owner/);
      const { stdout } = await stack.clincher('sandbox', 'log');
      assert.match(stdout, /allow\s+gateway > ContainerExec/);
    });

    test("the agent's own commands list, explain and recreate its sandboxes", async () => {
      const [before] = await sandbox();
      const listed = (await stack.clincher('openclaw', 'sandbox', 'list')).stdout;
      assert.match(listed, /running\n\s+Image:\s+clincher-test-sandbox:1 ✓/);
      const explained = (await stack.clincher('openclaw', 'sandbox', 'explain')).stdout;
      assert.match(explained, /runtime: sandboxed/);
      const again = await stack.clincher('openclaw', 'sandbox', 'recreate', '--all', '--force');
      assert.match(again.stdout, /1 removed, 0 failed/);
      assert.deepEqual(await sandbox(), ['']);
      // What tools left is in a folder, not in the container.
      assert.match(
        await turn('exec', { command: 'cat kept.txt made.txt' }),
        /kept[\s\S]*by the tool/,
      );
      const [after] = await sandbox();
      assert.ok(after !== '' && after !== before);
    });

    test('a container that is not of the shape that is declared now is made anew', async () => {
      const [before = ''] = await sandbox();
      // One that runs and was just used is kept by the agent, which says so.
      await daemon('stop', '-t', '0', before);
      const file = join(stack.dir, 'clincher.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('memory: 512m', 'memory: 256m'));
      const up = await stack.clincher('up', '--detach');
      assert.equal(up.code, 0, up.stderr);
      assert.match(await turn('exec', { command: 'cat kept.txt' }), /kept/);
      const [after = '', ...others] = await sandbox();
      assert.deepEqual(others, []);
      assert.notEqual(after, before);
      const memory = await daemon('inspect', '-f', '{{.HostConfig.Memory}}', after);
      assert.equal(memory, String(256 * 1024 ** 2));
    });

    test('a container nobody used for a day is removed by the agent, and what tools left stays', async () => {
      await turn('exec', { command: 'echo old > old.txt' });
      const before = await sandbox();
      const down = await stack.clincher('down');
      assert.equal(down.code, 0, down.stderr);
      usedHoursAgo(stack, 25);
      const earlier = (await changes()).length;
      const up = await stack.clincher('up', '--detach');
      assert.equal(up.code, 0, up.stderr);
      // The same one still, of the same shape: nothing but its age has it removed.
      assert.deepEqual(await sandbox(), before);
      assert.match(await turn('exec', { command: 'cat old.txt' }), /old/);
      const [after = '', ...others] = await sandbox();
      assert.deepEqual(others, []);
      assert.ok(after !== '' && !before.includes(after));
      assert.deepEqual((await changes()).slice(earlier), [
        ['ContainerDelete', 'allow', 'gateway'],
        ['ContainerCreate', 'allow', 'gateway'],
      ]);
      // The next one finds it in its place.
      assert.match(await turn('exec', { command: 'cat old.txt' }), /old/);
      assert.deepEqual(await sandbox(), [after]);
    });

    test('verify finds that docker-proxy and the socket behind it are as declared', async () => {
      const { stdout } = await stack.clincher('verify', '--json');
      const { rows } = JSON.parse(stdout) as { rows: readonly Record<string, unknown>[] };
      const about = rows.filter(({ from, to }) => from === 'docker-proxy' || to === 'docker.sock');
      assert.ok(about.length > 20, `${about.length} rows`);
      assert.deepEqual(
        about.filter(({ verdict }) => verdict === 'difference'),
        [],
      );
    });
  });
}

/** The agent looks for old containers at the first turn after it started; it must not run now. */
function usedHoursAgo({ state }: AgentStack, hours: number): void {
  const file = join(state, 'services/gateway/state/openclaw/state/openclaw.sqlite');
  const database = new DatabaseSync(file);
  try {
    const { changes } = database
      .prepare('UPDATE sandbox_registry_entries SET last_used_at_ms = ?')
      .run(Date.now() - hours * 3_600_000);
    assert.equal(changes, 1);
  } finally {
    database.close();
  }
}
