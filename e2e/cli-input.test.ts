// Wrong input at the command line: one clear message, the right exit code, no secret in it, nothing
// left.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clincher } from '../src/testing/run-program.ts';
import { tempDir } from '../src/testing/temp-dir.ts';

const key = 'sk-ant-api03-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4';
const provider = 'providers:\n  anthropic: { key: env:ANTHROPIC_API_KEY }\n';
const good = `version: 1\n${provider}budget: { usd: 20, per: day }\n`;

/** A file, the exit code of `check` on it, and what must be said of it. */
const files: readonly (readonly [
  name: string,
  text: string,
  code: number,
  says: readonly RegExp[],
])[] = [
  ['broken YAML', 'version: 1\nproviders: {\n', 2, [/clincher\.yaml:\d+:\d+/]],
  [
    'unknown keys, all of them in one run',
    'version: 1\nproviderz: {}\nbudget: { usd: 20, pr: day }\n',
    2,
    [/clincher\.yaml:2:1 providerz: .*providers/, /clincher\.yaml:3:\d+ .*pr/],
  ],
  ['an empty file', '', 2, [/the file is empty/]],
  ['a list', '- version: 1\n', 2, [/must be a map/]],
  [
    'a key instead of a reference to one',
    `version: 1\nproviders:\n  anthropic: { key: ${key} }\n`,
    2,
    [/clincher\.yaml:3:\d+ providers\.anthropic\.key/],
  ],
  [
    'an egress rule for every host',
    `${good}egress: { rules: [{ caller: llm, hosts: ["*"] }] }\n`,
    1,
    [/^fatal clincher\.yaml:5:\d+ /, /not safe/],
  ],
  ['binary', '\u0000\u0001\u0002', 2, [/clincher\.yaml/]],
];

for (const [name, text, code, says] of files) {
  test(`check refuses ${name} with exit code ${code}`, async () => {
    using dir = tempDir();
    writeFileSync(join(dir.path, 'clincher.yaml'), text);
    const outcome = await clincher(['check'], { cwd: dir.path });
    assert.equal(outcome.code, code, outcome.stderr);
    for (const pattern of says) assert.match(code === 1 ? outcome.stdout : outcome.stderr, pattern);
    assert.ok(!`${outcome.stdout}${outcome.stderr}`.includes(key), 'the key is not repeated');
    assert.deepEqual(readdirSync(dir.path), ['clincher.yaml']);
  });
}

test('a stack that is declared safely passes, and one without a budget is told', async () => {
  using dir = tempDir();
  writeFileSync(join(dir.path, 'clincher.yaml'), good);
  const safe = await clincher(['check', '--json'], { cwd: dir.path });
  assert.equal(safe.code, 0, safe.stderr);
  assert.deepEqual(JSON.parse(safe.stdout), { findings: [] });
  writeFileSync(join(dir.path, 'clincher.yaml'), `version: 1\n${provider}`);
  const unbounded = await clincher(['check', '--json'], { cwd: dir.path });
  const { findings } = JSON.parse(unbounded.stdout);
  assert.ok(findings.length > 0);
  const fatal = findings.some((finding: { severity: string }) => finding.severity === 'fatal');
  assert.equal(unbounded.code, fatal ? 1 : 0);
});

test('a configuration that is named and not there is an error; a folder is no configuration', async () => {
  using dir = tempDir();
  const missing = await clincher(['up', '--config', 'no.yaml'], { cwd: dir.path });
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /no\.yaml/);
  mkdirSync(join(dir.path, 'folder.yaml'));
  const folder = await clincher(['check', '--config', 'folder.yaml'], { cwd: dir.path });
  assert.equal(folder.code, 2);
  assert.match(folder.stderr, /folder\.yaml/);
  assert.deepEqual(readdirSync(dir.path), ['folder.yaml'], 'nothing was made');
});

const lines: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['upp'], /unknown command 'upp'\n {2}Did you mean (?:one of )?.*up/],
  [['up', '--detatch'], /unknown option '--detatch'\n {2}Did you mean --detach\?/],
  [['topology', '--format', 'png'], /png.*text, json, mermaid, dot/],
  [['up', '--driver', 'podman'], /choices are embedded, docker, swarm/],
  [['why', 'gateway'], /missing required argument 'to'/],
  [['logs', '-n', 'many'], /whole number/],
  [['secret', 'set', 'name', 'value'], /too many arguments/],
  [['swarm', 'prepare', '--node', 'one.example'], /"one.example" is no place of a Docker daemon/],
  [['serve', 'egress'], /'--settings <file>' not specified/],
  [['serve', 'no-such-role', '--settings', '/dev/null'], /it is not JSON|no role/],
];

for (const [args, says] of lines) {
  test(`clincher ${args.join(' ')} is answered with what was meant, and exit code 2`, async () => {
    const { code, stdout, stderr } = await clincher(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
    assert.equal(stdout, '');
  });
}

test('a stack of Swarm is written by a name that Swarm takes', async () => {
  using dir = tempDir();
  const there = 'ingress: { listen: "0.0.0.0:8443", origin: "https://agent.example.com" }\n';
  const swarm = `driver: swarm\nsandbox: { backend: none }\n${there}`;
  writeFileSync(join(dir.path, 'clincher.yaml'), `${good}${swarm}`);
  const named = await clincher(['render', 'swarm', '--name', 'a$HOME'], { cwd: dir.path });
  assert.equal(named.code, 2, named.stderr);
  assert.match(named.stderr, /"a\$HOME" is no name for a stack/);
});

test('init writes a file that check accepts, once', async () => {
  using dir = tempDir();
  assert.equal((await clincher(['init'], { cwd: dir.path })).code, 0);
  const written = readFileSync(join(dir.path, 'clincher.yaml'), 'utf8');
  assert.match(written, /yaml-language-server: \$schema=file:.*clincher\.schema\.json/);
  const schema = /\$schema=file:\/\/(\S+)/.exec(written)?.[1] ?? '';
  assert.ok(existsSync(decodeURI(schema)), 'the schema it names is there');
  const again = await clincher(['init'], { cwd: dir.path });
  assert.match(again.stdout, /left alone/);
  assert.equal((await clincher(['check'], { cwd: dir.path })).code, 0);
});

test('schema is a JSON Schema, and a reader that leaves early is no failure', async () => {
  const { code, stdout } = await clincher(['schema']);
  assert.equal(code, 0);
  assert.match(JSON.parse(stdout).$schema, /json-schema\.org/);
});
