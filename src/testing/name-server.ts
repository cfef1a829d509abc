// A name server, on loopback unless told otherwise, that says what a test wants it to, right or
// wrong.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export const typeA = 1;
const typeAaaa = 28;
export type Answer = (type: number, question: Buffer) => Buffer | null;

/** A name server whose answer to each question is what `answer` makes of it. */
export async function openNameServer(
  answer: Answer,
  { host, port } = { host: '127.0.0.1', port: 0 },
): Promise<{ address: string; socket: Socket }> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const type = query.readUInt16BE(query.indexOf(0, 12) + 1);
    const reply = answer(type, query);
    if (reply !== null) socket.send(reply, from.port, from.address);
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  return { address: `${host}:${socket.address().port}`, socket };
}

/** RFC 1035 section 4: the question again, then each record pointing at its name. */
export function reply(query: Buffer, rcode: number, records: readonly Buffer[]): Buffer {
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

export function record(type: number, bytes: readonly number[]): Buffer {
  return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes]);
}

/** One address of each family, whatever the name. */
export function answerWith(four: readonly number[], six: readonly number[]): Answer {
  return (type, query) =>
    reply(query, 0, [type === typeA ? record(typeA, four) : record(typeAaaa, six)]);
}
