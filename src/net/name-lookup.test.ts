// Chosen name servers: they are asked, both families; one that is down, slow or answers another
// question gives an error in time, and never an answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, answerWith, openNameServer, reply, typeA } from '../testing/name-server.ts';
import { lookupAt } from './name-lookup.ts';

const both = answerWith([192, 0, 2, 7], [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 7]);

async function ask(answer: Answer, timeoutMs = 2_000): Promise<readonly string[]> {
  const { address, socket } = await openNameServer(answer);
  try {
    return await lookupAt([address], timeoutMs)('api.example.com');
  } finally {
    socket.close();
  }
}

test('the addresses of both families come back', async () => {
  assert.deepEqual(await ask(both), ['2001:db8::7', '192.0.2.7']);
});

test('one family alone is enough', async () => {
  const only: Answer = (type, query) => (type === typeA ? both(type, query) : reply(query, 2, []));
  assert.deepEqual(await ask(only), ['192.0.2.7']);
});

test('a server that is slow is called back at the deadline', async () => {
  const startedMs = performance.now();
  await assert.rejects(
    ask(() => null, 150),
    { code: /ETIMEOUT|ECANCELLED/ },
  );
  assert.ok(performance.now() - startedMs < 2_000);
});

test('a server that is down is an error', async () => {
  const { address, socket } = await openNameServer(() => null);
  socket.close();
  await assert.rejects(lookupAt([address], 300)('api.example.com'), {
    code: /ECONNREFUSED|ETIMEOUT|ECANCELLED/,
  });
});

for (const [name, answer, code] of [
  ['no such name', (_, query) => reply(query, 3, []), 'ENOTFOUND'],
  ['failure', (_, query) => reply(query, 2, []), 'ESERVFAIL'],
  ['refusal', (_, query) => reply(query, 5, []), 'EREFUSED'],
] as const satisfies readonly (readonly [string, Answer, string])[]) {
  test(`a server's ${name} is ${code}`, async () => {
    await assert.rejects(ask(answer), { code });
  });
}

test('an answer with another id, another question, or that is garbage is no answer', async () => {
  const otherId: Answer = (type, query) => {
    const lie = both(type, query);
    lie?.writeUInt16BE(query.readUInt16BE(0) ^ 1, 0);
    return lie;
  };
  const otherQuestion: Answer = (type, query) => {
    const lie = both(type, query);
    lie?.write('evil', 13);
    return lie;
  };
  for (const lying of [otherId, otherQuestion, () => Buffer.from('garbage')]) {
    await assert.rejects(ask(lying, 300));
  }
});
