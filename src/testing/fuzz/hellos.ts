// Fuzz target: the reader of TLS hellos. What is read once stays what it is with more bytes, and a
// name that is read was in the bytes.

import assert from 'node:assert/strict';
import {
  decideServerName,
  helloBytesMax,
  readClientHello,
} from '../../policy/egress-client-hello.ts';
import { judgeSecondHello, readServerAnswer } from '../../policy/egress-second-hello.ts';
import { reasons } from '../../policy/reasons.ts';
import { clientHello, extension, helloMessage, records } from '../client-hello.ts';
import { retryMessage, secondHelloAttacks } from '../egress-attacks/second-hellos.ts';
import { protocolAttacks, recordAttacks, serverNameAttacks } from '../egress-attacks/tunnels.ts';
import type { FuzzTarget } from './run.ts';
import { buffers } from './texts.ts';

const asked = { kind: 'name', text: 'api.example.com' } as const;
const keyShares = clientHello({ more: [extension(51, Buffer.alloc(1_200, 5))] });

export const helloTarget: FuzzTarget = {
  name: 'client-hello',
  weight: 10,
  seeds: [
    ...Array<Buffer>(40).fill(clientHello()),
    ...Array<Buffer>(20).fill(records(helloMessage(), 30)),
    ...Array<Buffer>(10).fill(keyShares),
    ...[...protocolAttacks, ...recordAttacks, ...serverNameAttacks].map(({ bytes }) => bytes),
  ],
  tokens: [
    ...buffers(['api.example.com', 'evil.example', '\0', '\xff\xff', '\x00\x00', '.', '\x01']),
    ...[Buffer.from([22, 3, 1, 0, 1]), Buffer.from([22, 3, 3]), extension(0xfe0d, Buffer.alloc(2))],
    ...[extension(0, Buffer.from('00060000036162', 'hex')), Buffer.from([0, 0, 0, 20, 0, 18])],
  ],
  check(input, random) {
    const whole = readClientHello(input);
    const cut = random(input.length + 1);
    const first = readClientHello(input.subarray(0, cut));
    if (first.state !== 'more') assert.deepEqual(whole, first, `more bytes change it at ${cut}`);
    if (whole.state === 'more') {
      assert.ok(input.length <= helloBytesMax);
      return 'more';
    }
    if (whole.state === 'refused') {
      assert.ok(['not-tls', 'sni-hidden'].includes(whole.reason), whole.reason);
      return `refused: ${whole.reason}`;
    }
    const reason = decideServerName(whole.serverName, asked);
    assert.ok(Object.hasOwn(reasons, reason));
    if (whole.serverName !== null) {
      assert.ok(whole.serverName.length >= 1 && whole.serverName.length <= 255);
      const inOneRecord = input.readUInt16BE(3) + 5 >= input.readUIntBE(6, 3) + 9;
      if (inOneRecord) assert.ok(input.includes(Buffer.from(whole.serverName, 'latin1')));
    }
    if (reason === 'allowed') assert.equal(whole.serverName?.toLowerCase(), asked.text);
    return `hello: ${reason}`;
  },
};

const first = { serverName: asked.text, isHiding: false };

/** The reader of a server's first bytes, and the judge of a hello that comes after them. */
export const secondHelloTarget: FuzzTarget = {
  name: 'second-hello',
  weight: 5,
  seeds: [
    ...Array<Buffer>(20).fill(records(retryMessage)),
    ...Array<Buffer>(10).fill(records(retryMessage, 9)),
    ...Array<Buffer>(20).fill(clientHello()),
    ...secondHelloAttacks.flatMap(({ ahead, answer, after }) => [ahead, answer, after]),
  ],
  tokens: [
    ...[Buffer.from([20, 3, 3, 0, 1, 1]), Buffer.from([21, 3, 3, 0, 2, 1, 112])],
    ...[Buffer.from([22, 3, 3, 0, 1, 2]), extension(0xfe0d, Buffer.alloc(2)), retryMessage],
  ],
  check(input, random) {
    const cut = random(input.length + 1);
    const early = readServerAnswer(input.subarray(0, cut));
    const answer = readServerAnswer(input);
    if (early !== 'more') assert.equal(answer, early, `more bytes change it at ${cut}`);
    const random32 = retryMessage.subarray(6, 38);
    if (answer === 'again') assert.ok(random32.every((byte) => input.includes(byte)));
    const judged = judgeSecondHello(input, first, null);
    if (judged === 'allowed') {
      const reading = readClientHello(input);
      assert.ok(reading.state === 'hello' && reading.serverName === asked.text);
    }
    assert.ok(judged === 'more' || Object.hasOwn(reasons, judged));
    return `${answer}, ${judged}`;
  },
};
