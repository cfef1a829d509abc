// What the docker command is given, and what a service's health is worth when it is read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHealth } from '../../host/read-health.ts';
import { DockerCli } from './docker-cli.ts';

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
