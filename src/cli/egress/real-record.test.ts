// The record as a running proxy writes it, read back by the commands; and a suggestion made from it
// lets through what was refused, and nothing else.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { parseConfig } from '../../config/load.ts';
import { ClincherError } from '../../kit/error.ts';
import type { EgressRecord } from '../../roles/egress/record.ts';
import { openEgress } from '../../testing/egress.ts';
import { checkout } from '../../testing/source-tree.ts';
import { temporaryFolder } from '../../testing/wire.ts';
import { standardTopology } from '../../topology/standard.ts';
import { collectRecords } from './collect.ts';
import { egressIn } from './declared.ts';
import { showRecords } from './log.ts';
import { suggestChange } from './suggest-change.ts';

const surroundings = { baseDir: '/nowhere', demo: false };
const config = `version: 1
providers:
  anthropic: { key: env:ANTHROPIC_API_KEY }
budget: { usd: 20, per: day }
`;
const rulesOf = (text: string) =>
  egressIn(standardTopology(parseConfig(text, 'clincher.yaml', surroundings))).rules;
const connect = (authority: string) => `CONNECT ${authority} HTTP/1.1\r\n\r\n`;

const asked = [
  'api.anthropic.com:443',
  'api.anthropic.com:8443',
  'tools.example.com:443',
  'other.example.com:443',
  'x.tools.example.com:443',
  '127.1:443',
];

/** The answers' reasons, in order; every allowed name leads where nothing may reach. */
async function reasonsUnder(text: string): Promise<{ reasons: string[]; lines: string }> {
  const { rules } = rulesOf(text);
  await using egress = await openEgress({
    settings: { rules },
    resolve: async () => ['169.254.169.254'],
  });
  for (const authority of asked) await egress.send(connect(authority));
  await egress.send('GARBAGE\r\n\r\n');
  const lines = egress.telemetry.lines().map((line) => `${JSON.stringify(line)}\n`);
  return {
    reasons: egress.telemetry.decisions().map(({ reason }) => String(reason)),
    lines: lines.join(''),
  };
}

test('every record of a running proxy is read back, and its suggestion changes what it says', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'egress.log');
  const first = await reasonsUnder(config);
  assert.deepEqual(first.reasons, [
    'address-never',
    'port-not-allowed',
    ...['host-not-allowed', 'host-not-allowed', 'host-not-allowed', 'host-malformed'],
    'request-malformed',
  ]);
  await writeFile(file, first.lines);
  const source = { stateDir: '', file, follow: false };
  const all = await collectRecords(source, {}, assert.fail);
  assert.deepEqual(
    all.map(({ reason }) => reason),
    first.reasons,
  );
  const chosen = all.filter(({ host }) => host === 'tools.example.com');
  const change = suggestChange(config, 'clincher.yaml', surroundings, chosen, all);
  assert.deepEqual(change.rules, [{ caller: 'llm', hosts: ['tools.example.com'], ports: [443] }]);

  const added = change.diff.split('\n').filter((line) => /^\+(?!\+)/.test(line));
  const second = await reasonsUnder(config + added.map((line) => `${line.slice(1)}\n`).join(''));
  const changed = asked.filter((_, i) => first.reasons[i] !== second.reasons[i]);
  assert.deepEqual(changed, ['tools.example.com:443']);
  assert.equal(second.reasons[2], 'address-never', 'the name is allowed, its address never');
});

test('a record that is followed goes on where it is, also over a rotation', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'egress.log');
  const { lines } = await reasonsUnder(config);
  await writeFile(file, lines);
  const argv = ['egress', 'log', '-f', '--json', '--file', file, '--host', 'tools.example.com'];
  const program = spawn(process.execPath, [join(checkout, 'src/cli/main.ts'), ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const seen: EgressRecord[] = [];
  for await (const text of createInterface({ input: program.stdout })) {
    seen.push(JSON.parse(text));
    if (seen.length === 1) {
      await appendFile(file, lines);
      await rename(file, `${file}.1`);
      await writeFile(file, lines);
    }
    if (seen.length === 3) program.kill('SIGTERM');
  }
  assert.deepEqual(
    seen.map(({ host, verdict }) => `${verdict} ${host}`),
    Array(3).fill('deny tools.example.com'),
  );
});

test('only the last of many are shown, and all are counted when asked for all', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'egress.log');
  const { lines } = await reasonsUnder(config);
  await writeFile(file, lines.repeat(3));
  const ports: (number | undefined)[] = [];
  const source = { stateDir: '', file, follow: false };
  const sink = { record: ({ port }: EgressRecord) => ports.push(port), note: assert.fail };
  assert.equal(await showRecords(source, {}, 2, sink), 2);
  assert.deepEqual(ports, [443, undefined]);
  assert.equal((await collectRecords(source, {}, assert.fail)).length, 21);
});

test('a record that is not there is told with where it was looked for', async () => {
  const source = { stateDir: '/nowhere/.clincher', file: null, follow: false };
  await assert.rejects(collectRecords(source, {}, assert.fail), (error) => {
    assert.ok(error instanceof ClincherError && error.code === 'record-missing');
    assert.match(error.message, /\/nowhere\/\.clincher\/logs\/egress\.log/);
    return true;
  });
});
