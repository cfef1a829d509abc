// The bundle as the real programs read it: promtool, amtool and the blackbox exporter find nothing
// wrong with it, and do find what is.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { caseOptions } from '../../testing/example-options.ts';
import { type MonitoringProgram, monitoringProgram } from '../../testing/monitoring-programs.ts';
import { temporaryFolder } from '../../testing/wire.ts';
import { standardTopology } from '../../topology/standard.ts';
import { secretPath } from './artefact.ts';
import { renderMonitoring } from './index.ts';

/** As the golden case with all receivers has it, with files where the bundle has its secrets. */
async function written(change: (path: string, content: string) => string = (_, text) => text) {
  const folder = await temporaryFolder();
  const file = new URL('../../../cases/monitoring/everything.case', import.meta.url);
  const [input = ''] = (await readFile(file, 'utf8')).split('\n----------\n');
  const topology = standardTopology(caseOptions(JSON.parse(input)));
  const put = async (path: string, text: string) => {
    await mkdir(dirname(`${folder.path}/${path}`), { recursive: true });
    await writeFile(`${folder.path}/${path}`, text);
  };
  for (const { path, content } of renderMonitoring(topology, folder.path)) {
    await put(path, change(path, content));
  }
  for (const { name, host, holds } of topology.services) {
    if (host !== 'monitor') continue;
    for (const secret of holds) await put(secretPath(name, secret), 'secret\n');
  }
  return folder;
}

function check(program: MonitoringProgram, ...args: readonly string[]) {
  return new Promise<{ readonly fine: boolean; readonly said: string }>((resolve) => {
    execFile(monitoringProgram(program), args, (error, stdout, stderr) =>
      resolve({ fine: error === null, said: `${stdout}${stderr}` }),
    );
  });
}

const checks = [
  ['promtool', 'prometheus/prometheus.yml', 'check', 'config'],
  ['promtool', 'prometheus/rules/clincher.yml', 'check', 'rules'],
  ['amtool', 'alertmanager/alertmanager.yml', 'check-config'],
  ['prometheus-blackbox-exporter', 'blackbox/blackbox.yml', '--config.check', '--config.file'],
] as const;

test('the real programs take what is rendered for them', async () => {
  await using folder = await written();
  for (const [program, file, ...args] of checks) {
    const { fine, said } = await check(program, ...args, `${folder.path}/${file}`);
    assert.ok(fine, `${program}: ${said}`);
  }
});

test('the real programs refuse what is not theirs, so that taking it says something', async () => {
  await using folder = await written((_, content) => `${content}\nno_such_key: 1\n`);
  for (const [program, file, ...args] of checks) {
    const { fine, said } = await check(program, ...args, `${folder.path}/${file}`);
    assert.ok(!fine && said.includes('no_such_key'), `${program}: ${said}`);
  }
});
