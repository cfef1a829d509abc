// What is said when Docker cannot be asked, and what a service's health is worth when it is read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHealth } from '../../host/read-health.ts';
import { DockerCli, unreachable } from './docker-cli.ts';

const rows: readonly (readonly [string, number, string, RegExp])[] = [
  ['no docker command', 127, '', /Install Docker/],
  [
    'a user outside the group',
    1,
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
    /usermod -aG docker/,
  ],
  [
    'no daemon',
    1,
    'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?',
    /systemctl start docker/,
  ],
];
for (const [name, code, tail, fix] of rows) {
  test(`${name} is told with what to do`, () => {
    const error = unreachable(code, tail);
    assert.equal(error?.code, 'docker-unreachable');
    assert.match(error?.fix ?? '', fix);
  });
}

test('what Docker itself refuses is not taken for a daemon that is away', () => {
  assert.equal(unreachable(1, 'Error response from daemon: no such container'), null);
});

test('docker is given the variables that are its own, and none of a provider', () => {
  const variables = { PATH: '/bin', DOCKER_HOST: 'unix:///x', API_KEY: 'secret', LANG: 'C' };
  const given = new DockerCli(variables).environment();
  assert.deepEqual(given, { PATH: '/bin', DOCKER_HOST: 'unix:///x' });
});

test('a health that is none is not ready, and what it says cannot drive a terminal', () => {
  for (const said of [null, 'ready', [], { ready: 'yes' }])
    assert.equal(readHealth(said).ready, false);
  const { ready, detail } = readHealth({ ready: true, detail: '\u001b[2Jgone' });
  assert.equal(ready, true);
  assert.ok(!detail?.includes('\u001b'));
});
