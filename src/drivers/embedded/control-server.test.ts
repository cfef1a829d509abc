// The control socket: what is understood, and that nothing else is acted on.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClincherError } from '../../kit/error.ts';
import { askSupervisor } from './control-client.ts';
import { serveControl } from './control-server.ts';
import type { ControlRequest } from './messages.ts';

// Deeper than a socket's path may be: the way in is by descriptor.
const folder = mkdtempSync(join(tmpdir(), `clincher-test-${'deep'.repeat(30)}-`));
const path = join(folder, 'control.sock');

test('the control socket answers what it understands and refuses everything else', async () => {
  const asked: ControlRequest[] = [];
  const server = await serveControl(path, async (request) => {
    asked.push(request);
    if (request.ask === 'stop') throw new ClincherError('port-in-use', 'taken', { fix: 'free it' });
    return { ok: true, view: null };
  });
  try {
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(await askSupervisor(path, { ask: 'observe' }), { view: null });
    await assert.rejects(askSupervisor(path, { ask: 'stop' }), {
      code: 'port-in-use',
      message: 'taken',
      fix: 'free it',
    });
    const before = asked.length;
    const rows = [
      '',
      'null',
      '{}',
      '{"ask":"observe","more":1}',
      '{"ask":"stop-service","name":"../x","topologyHash":null}',
      '{"ask":"start","order":{},"again":true,"topologyHash":null}',
    ];
    const texts = fc.oneof(fc.constantFrom(...rows), fc.json(), fc.string());
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const answer = JSON.parse(await raw(`${text.replaceAll('\n', ' ')}\n`));
        assert.equal(answer.ok, false, text);
      }),
      { numRuns: 60 },
    );
    assert.equal(asked.length, before, 'something that is no request was acted on');
  } finally {
    server.close();
  }
});

test('no supervisor is told from one that refuses', async () => {
  assert.equal(await askSupervisor(join(folder, 'nobody.sock'), { ask: 'observe' }), null);
  assert.equal(await askSupervisor('/nowhere/control.sock', { ask: 'observe' }), null);
  rmSync(folder, { recursive: true });
});

async function raw(line: string): Promise<string> {
  const { openSync, closeSync } = await import('node:fs');
  const fd = openSync(folder, 'r');
  const socket = connect(`/proc/self/fd/${fd}/control.sock`);
  socket.end(line);
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  closeSync(fd);
  return text;
}
