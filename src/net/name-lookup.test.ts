// Chosen name servers: they are asked, both families; one that is down, slow or answers another
// question gives an error in time, and never an answer.

import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { lookupAt } from './name-lookup.ts';

const typeA = 1;
const typeAaaa = 28;
type Answer = (type: number, question: Buffer) => Buffer | null;

/** A name server whose answer to each question is what `answer` makes of it. */
async function openServer(answer: Answer): Promise<{ address: string; socket: Socket }> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const type = query.readUInt16BE(query.indexOf(0, 12) + 1);
    const reply = answer(type, query);
    if (reply !== null) socket.send(reply, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, socket };
}

/** RFC 1035 section 4: the question again, then each record pointing at its name. */
function reply(query: Buffer, rcode: number, records: readonly Buffer[]): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const head = Buffer.from([
    ...query.subarray(0, 2),
    0x81,
    0x80 | rcode,
    0,
    1,
    0,
    records.length,
    0,
    0,
    0,
    0,
  ]);
  return Buffer.concat([head, question, ...records]);
}

function record(type: number, bytes: readonly number[]): Buffer {
  return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes]);
}

const both: Answer = (type, query) =>
  reply(query, 0, [
    type === typeA
      ? record(typeA, [192, 0, 2, 7])
      : record(typeAaaa, [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 7]),
  ]);

async function ask(answer: Answer, timeoutMs = 2_000): Promise<readonly string[]> {
  const { address, socket } = await openServer(answer);
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
  const { address, socket } = await openServer(() => null);
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
