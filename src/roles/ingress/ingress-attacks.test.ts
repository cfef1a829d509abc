// Requests written byte by byte over TLS, one per known trick. None of them may reach a service.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startIngress } from '../../testing/ingress.ts';
import { dialTls, exchange, fakeUpstream } from '../../testing/wire.ts';
import {
  bearerAttacks,
  hostMark,
  requestAttacks,
  upgradeAttacks,
} from '../../verify/attacks/ingress/requests.ts';

const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
const metrics = { prefix: '/metrics', service: 'metrics', to: 'mx', bearerFile: 'token' };

const attacks = [...requestAttacks, ...upgradeAttacks, ...bearerAttacks];

test('no trick reaches a service, and each is refused with its status and recorded', async (context) => {
  await using ingress = await startIngress([gateway, metrics]);
  await using behind = await fakeUpstream(`${ingress.folder}/gw`);
  await using numbers = await fakeUpstream(`${ingress.folder}/mx`);
  for (const { tries, bytes, status, reason } of attacks) {
    await context.test(tries, async () => {
      const before = ingress.telemetry.decisions().length;
      const text = bytes.replaceAll(hostMark, `localhost:${ingress.port}`);
      const answer = await exchange(dialTls(ingress.tls), text);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), answer.slice(0, 200));
      assert.match(answer, new RegExp(`\r\nx-clincher-reason: ${reason}\r\n`, 'i'));
      assert.equal(
        answer.split('HTTP/1.1 ').length,
        2,
        'one answer, and the connection ends with it',
      );
      assert.deepEqual([behind.seen, numbers.seen], [[], []]);
      const records = ingress.telemetry.decisions().slice(before);
      assert.ok(records.length > 0 && records.every(({ verdict }) => verdict === 'deny'));
    });
  }
});

test('the same wire, used well, reaches the service: the attacks above fail for their trick', async () => {
  await using ingress = await startIngress([gateway]);
  await using behind = await fakeUpstream(`${ingress.folder}/gw`);
  const last = `Host: localhost:${ingress.port}\r\nConnection: close\r\n`;
  const good = [
    `POST / HTTP/1.1\r\n${last}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\n${last}Origin: ${ingress.origin}\r\nContent-Length: 5\r\n\r\nhello`,
    `GET /a%2Fb?q={x|y} HTTP/1.1\r\n${last}Origin: https://evil.example\r\n\r\n`,
  ];
  for (const bytes of good) {
    assert.match(await exchange(dialTls(ingress.tls), bytes), /^HTTP\/1\.1 200 /, bytes);
  }
  assert.equal(behind.seen.length, 3);
  assert.equal(behind.seen[0]?.body, 'hello');
});
