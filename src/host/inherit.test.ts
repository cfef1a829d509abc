// Listening sockets for the world: what is said when one cannot be had.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { ClincherError } from '../kit/error.ts';
import { bindListeners, explain } from './inherit.ts';

test('each way a port can be refused says which address and what to do', () => {
  const rows = [
    ['EADDRINUSE', 'port-in-use', /^127\.0\.0\.1:443 is taken/, /ss -ltnp/],
    ['EACCES', 'port-unusable', /^127\.0\.0\.1:443 may not/, /1024 or above/],
    ['EADDRNOTAVAIL', 'port-unusable', /^127\.0\.0\.1:443 is not an address/, /ip address/],
  ] as const;
  for (const [system, code, message, fix] of rows) {
    const error = explain(Object.assign(new Error(system), { code: system }), '127.0.0.1', 443);
    assert.ok(error instanceof ClincherError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.match(error.fix ?? '', fix);
  }
  const other = Object.assign(new Error('x'), { code: 'EIO' });
  assert.equal(explain(other, '127.0.0.1', 443), other);
});

test('when one of several sockets cannot be opened, none stays open', async () => {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as { port: number };
  free.close();
  await once(free, 'close');
  const listen = { host: '127.0.0.1', port };
  await assert.rejects(bindListeners([listen, listen]), { code: 'port-in-use' });
  const again = await bindListeners([listen]);
  assert.equal(again.descriptors.length, 1);
  again.release();
});
