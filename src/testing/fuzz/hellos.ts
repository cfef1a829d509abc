// Fuzz target: the reader of TLS hellos. What is read once stays what it is with more bytes, and a
// name that is read was in the bytes.

import assert from 'node:assert/strict';
import {
  decideServerName,
  helloBytesMax,
  readClientHello,
} from '../../policy/egress-client-hello.ts';
import { reasons } from '../../policy/reasons.ts';
import { clientHello, extension, helloMessage, records } from '../client-hello.ts';
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
