// What is said when Docker cannot be asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerUnreachable } from './docker-unreachable.ts';

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
    const error = dockerUnreachable(code, tail);
    assert.equal(error?.code, 'docker-unreachable');
    assert.match(error?.fix ?? '', fix);
  });
}

test('what Docker itself refuses is not taken for a daemon that is away', () => {
  assert.equal(dockerUnreachable(1, 'Error response from daemon: no such container'), null);
});
