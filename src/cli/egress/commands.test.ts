// The egress commands as they are typed: what goes to stdout for programs, what to stderr for
// people, and the exit codes.

import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../testing/run-program.ts';
import { checkout } from '../../testing/source-tree.ts';
import { temporaryFolder } from '../../testing/wire.ts';

const config = `version: 1
providers: { anthropic: { key: env:ANTHROPIC_API_KEY } } # the one
budget: { usd: 20, per: day }
`;
const main = join(checkout, 'src/cli/main.ts');
const day = readFile(join(checkout, 'cases/egress-log/a-day.case'), 'utf8').then(
  (text) => text.split('\n----------\n')[0] ?? '',
);

/** In a folder with a configuration and the record of a stack. */
async function clincherEgress(args: readonly string[], input?: string) {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'clincher.yaml'), config);
  await mkdir(join(folder.path, '.clincher/logs'), { recursive: true });
  await writeFile(join(folder.path, '.clincher/logs/egress.log'), `${await day}\n`);
  const argv = [process.execPath, main, 'egress', ...args];
  return await run(argv, { cwd: folder.path, ...(input === undefined ? {} : { input }) });
}

test('log reads the record of the stack beside the configuration', async () => {
  const { code, stdout } = await clincherEgress(['log', '--caller', 'llm', '-n', '1', '--json']);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).requestId, 'request-11');
});

test('log and top read a pipe', async () => {
  const log = await clincherEgress(['log', '--file', '-', '--verdict', 'report'], await day);
  assert.match(log.stdout, /^\S+Z report gateway > pypi\.org:443 /);
  const top = await clincherEgress(['top', '--file', '-', '--by', 'caller', '--json'], await day);
  assert.deepEqual(
    JSON.parse(top.stdout).rows.map(({ name }: { name: string }) => name),
    ['gateway', 'llm'],
  );
});

test('suggest prints the diff alone to stdout and says what it opens on stderr', async () => {
  const { code, stdout, stderr } = await clincherEgress(['suggest', '--host', 'example.com']);
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `--- clincher.yaml
+++ clincher.yaml
@@ -1,3 +1,7 @@
 version: 1
 providers: { anthropic: { key: env:ANTHROPIC_API_KEY } } # the one
 budget: { usd: 20, per: day }
+
+egress:
+  rules:
+    - { caller: gateway, hosts: [example.com], ports: [443, 8443] }
`,
  );
  assert.match(stderr, /It opens:\n {2}gateway may now reach example\.com:443\n/);
});

const codes: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
  [
    ['explain', 'api.anthropic.com', '--as', 'llm'],
    0,
    /^allowed: .*\n {2}rule: .*clincher\.yaml:2/,
  ],
  [['explain', 'example.com', '--as', 'gateway'], 1, /^denied: .*\n.*\n {2}to allow: /],
  [['explain', 'example.com', '--as', 'nobody'], 2, /there is no service "nobody"/],
  [['explain', 'example.com'], 2, /--as <caller>/],
  [['log', '--since', 'yesterday'], 2, /90s, 10m, 2h or 7d/],
  [['log', '--reason', 'not-tsl'], 2, /did you mean "not-tls"/],
  [['log', '--file', 'nowhere.jsonl'], 2, /there is no record of egress at .*nowhere\.jsonl/],
];

for (const [args, code, says] of codes) {
  test(`egress ${args.join(' ')} ends with ${code}`, async () => {
    const done = await clincherEgress(args);
    assert.equal(done.code, code, done.stderr);
    assert.match(done.stdout + done.stderr, says);
  });
}

for (const command of ['log', 'explain', 'suggest', 'top']) {
  test(`egress ${command} --help has examples`, async () => {
    const { code, stdout } = await clincherEgress([command, '--help']);
    assert.equal(code, 0);
    assert.match(stdout, /Examples:\n(?: {2}.+\n)+/);
  });
}
