// What someone at a terminal runs inside a service (`clincher openclaw ...`) is given no terminal,
// file or folder of theirs, and is bound as the service is.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { shellLine } from '../src/drivers/embedded/run-on-terminal.ts';
import { inside } from '../src/plan/paths.ts';
import {
  type EmbeddedWorld,
  openEmbeddedWorld,
  repositoryRoot,
} from '../src/testing/embedded-world.ts';
import { tinyService } from '../src/testing/tiny-service.ts';

/** Runs in a process of its own: joins the service with whatever that process was given. */
const runner = `
  import { fstatSync } from 'node:fs';
  import { openEmbeddedDriver } from '${repositoryRoot}/src/testing/embedded-world.ts';
  const [stateDir, node, program] = process.argv.slice(1);
  const driver = await openEmbeddedDriver(stateDir);
  if (process.stdin.isTTY) console.log(JSON.stringify({ outside: fstatSync(0).rdev }));
  process.exitCode = await driver.exec('one', [node, '-e', program], { TOLD: "it's" });
`;

const look = `
  const fs = require('node:fs');
  const link = (fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd); } catch { return 'pipe:'; } };
  console.log(JSON.stringify({
    terminal: process.stdin.isTTY === true, device: fs.fstatSync(0).rdev,
    open: fs.readdirSync('/proc/self/fd').map(link), env: process.env,
    files: /Max open files +([0-9]+)/.exec(fs.readFileSync('/proc/self/limits', 'utf8'))[1],
    groups: fs.readFileSync('/proc/self/cgroup', 'utf8') === fs.readFileSync('/proc/1/cgroup', 'utf8'),
    typed: process.argv[1] === 'x' ? '' : fs.readFileSync(0, 'utf8').slice(0, 5),
  }));
  process.exit(7);
`;

let world: EmbeddedWorld;
before(async () => {
  world = await openEmbeddedWorld();
  await world.driver.apply({ kind: 'start', service: tinyService('one') });
});
after(() => world?.close());

function runnerArgv(program: string): string[] {
  const flags = ['--input-type=module-typescript', '-e', runner];
  return [process.execPath, ...flags, world.stateDir, inside.node, program];
}

test('a file, a folder or a descriptor of the starter is not in the service', async () => {
  const [command = '', ...args] = runnerArgv(look);
  // Redirected by the shell: inside it could be opened again, for more than it was given for.
  const [file, folder] = [openSync(`${repositoryRoot}/package.json`, 'r'), openSync('/etc', 'r')];
  const unused: 'ignore'[] = Array.from({ length: 57 }, () => 'ignore');
  const child = spawn(command, args, { stdio: [file, 'pipe', 'inherit', ...unused, folder] });
  for (const fd of [file, folder]) closeSync(fd);
  const seen = JSON.parse(await textOf(child));
  const foreign = (link: string) => !/^(pipe|socket|anon_inode):|^\/dev\/null$/.test(link);
  assert.deepEqual(seen.open.filter(foreign), []);
  assert.equal(seen.typed, '{\n  "');
  assert.deepEqual(seen.env, { TOLD: "it's", PWD: '/' });
  assert.equal(seen.files, '512');
  assert.equal(seen.groups, true);
  assert.equal(child.exitCode, 7);
});

test('at a terminal it has one of its own, not the one that commands are typed into', async () => {
  const line = shellLine(runnerArgv(look.replace("process.argv[1] === 'x'", 'true')));
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [outside = '', seen = ''] = (await textOf(child)).trim().split('\n');
  const { terminal, device, env, groups } = JSON.parse(seen);
  assert.equal(terminal, true);
  assert.notEqual(device, JSON.parse(outside).outside);
  assert.deepEqual(env, { TOLD: "it's", PWD: '/' });
  assert.equal(groups, true);
  assert.equal(child.exitCode, 7);
});

async function textOf(child: ReturnType<typeof spawn>): Promise<string> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(child, 'close');
  return text;
}
