// The environment of Tecnativa's proxy as settings.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedDockerProxySettings } from '../../roles/docker-proxy/check-settings.ts';
import { type TecnativaFlags, tecnativaSettings } from './tecnativa.ts';

const read = (variables: Record<string, string>, flags: TecnativaFlags = {}) =>
  checkedDockerProxySettings.parse(tecnativaSettings(flags, variables));

test('without anything said it is where the image is, with its switches', () => {
  const { listen, docker, profile, switches } = read({});
  assert.deepEqual(listen, [{ address: 'tcp:[::]:2375', caller: 'anybody' }]);
  assert.equal(docker, 'unix:/var/run/docker.sock');
  assert.equal(profile, 'tecnativa');
  assert.deepEqual(switches, {});
});

test('switches, the socket and IPv6 are read from the environment', () => {
  const { listen, docker, switches } = read({
    CONTAINERS: '1',
    POST: '0',
    EXEC: 'true',
    SOCKET_PATH: '/run/user/1000/docker.sock',
    DISABLE_IPV6: 'Yes',
    PATH: '/bin',
  });
  assert.deepEqual(listen, [{ address: 'tcp:0.0.0.0:2375', caller: 'anybody' }]);
  assert.equal(docker, 'unix:/run/user/1000/docker.sock');
  assert.deepEqual(switches, { CONTAINERS: true, POST: false, EXEC: true });
});

test('flags go before the environment', () => {
  const flags = { listen: ['127.0.0.1:1', 'unix:/x'], docker: '127.0.0.1:2', admin: ['unix:/a'] };
  const { listen, docker, admin } = read({ SOCKET_PATH: '/y' }, flags);
  assert.deepEqual(
    listen.map(({ address }) => address),
    ['tcp:127.0.0.1:1', 'unix:/x'],
  );
  assert.equal(docker, 'tcp:127.0.0.1:2');
  assert.deepEqual(admin, ['unix:/a']);
});

test('what is no switch and no address is refused in words', () => {
  assert.throws(() => tecnativaSettings({}, { POST: 'maybe' }), /POST must be 0 or 1/);
  assert.throws(() => tecnativaSettings({ listen: ['here'] }, {}), /here is not an address/);
});
