// A second hello inside an allowed tunnel, where a server has asked for one or a client guesses
// that it will: the first hello is in order, and the server is told another name by the next.

import type { Reason } from '../../policy/reasons.ts';
import { allowedHost } from '../../verify/attacks/egress/write.ts';
import { clientHello, extension, helloMessage, records } from '../client-hello.ts';

export interface SecondHelloAttack {
  readonly tries: string;
  readonly reason: Reason;
  /** Sent right behind the first hello, before the server has answered. */
  readonly ahead: Buffer;
  readonly answer: Buffer;
  /** Sent once the answer has come. */
  readonly after: Buffer;
}

const none = Buffer.alloc(0);
const evil = clientHello({ names: ['evil.example'] });
const hiding = clientHello({ more: [extension(0xfe0d, Buffer.alloc(9))] });
const changeCipher = Buffer.from([20, 3, 3, 0, 1, 1]);
const warning = Buffer.from([21, 3, 3, 0, 2, 1, 112]);
const early = records(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 100, 23);

const retryRandom = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

/** A message as a server sends it, with this random. */
export function serverHello(random: Buffer): Buffer {
  const body = Buffer.concat([
    ...[Buffer.from([3, 3]), random, Buffer.from([0, 0x13, 1, 0])],
    Buffer.from([0, 6, 0, 0x2b, 0, 2, 3, 4]),
  ]);
  return Buffer.concat([Buffer.from([2, 0, 0, body.length]), body]);
}

export const retryMessage = serverHello(Buffer.from(retryRandom, 'hex'));
const retry = records(retryMessage);

type Parts = Partial<Pick<SecondHelloAttack, 'ahead' | 'answer' | 'after'>>;

function afterRetry(
  reason: Reason,
  rows: readonly (readonly [string, Parts])[],
): readonly SecondHelloAttack[] {
  return rows.map(([tries, parts]) => ({
    ...{ tries, reason, ahead: none, answer: retry, after: none },
    ...parts,
  }));
}

/** Class 7. */
export const secondHelloAttacks: readonly SecondHelloAttack[] = [
  ...afterRetry('sni-mismatch', [
    ['name another server', { after: evil }],
    ['name a server below', { after: clientHello({ names: [`x.${allowedHost}`] }) }],
    ['name it in capitals', { after: clientHello({ names: [allowedHost.toUpperCase()] }) }],
    ['name another behind a change of cipher', { after: Buffer.concat([changeCipher, evil]) }],
    ['name another behind early data', { after: Buffer.concat([early, early, evil]) }],
    ['name another behind an alert', { after: Buffer.concat([warning, evil]) }],
    ['name another in many records', { after: records(helloMessage({ names: ['evil.org'] }), 12) }],
    ['name another before it is asked to', { ahead: evil }],
    ['name another in two halves', { ahead: evil.subarray(0, 40), after: evil.subarray(40) }],
    ['name another ahead, behind early data', { ahead: Buffer.concat([early, evil]) }],
    [
      'name another where the answer comes in small records',
      { answer: records(retryMessage, 7), after: evil },
    ],
    [
      'name another where a warning comes before the answer',
      { answer: Buffer.concat([warning, retry]), after: evil },
    ],
    [
      'name another where a change of cipher comes before the answer',
      { answer: Buffer.concat([changeCipher, retry]), after: evil },
    ],
    [
      'name another where warnings never end',
      { answer: Buffer.concat(Array<Buffer>(600).fill(warning)), after: evil },
    ],
  ]),
  ...afterRetry('sni-missing', [['name nobody', { after: clientHello({ names: null }) }]]),
  ...afterRetry('sni-hidden', [
    ['hide the name', { after: hiding }],
    ['hide the name before it is asked to', { ahead: hiding }],
  ]),
  ...afterRetry('not-tls', [
    ['speak HTTP', { after: Buffer.from('GET / HTTP/1.1\r\n\r\n') }],
    ['give two names', { after: clientHello({ names: [allowedHost, 'evil.example'] }) }],
    ['send two hellos in one record', { after: twoHellos() }],
    ['send another message', { after: records(Buffer.from([16, 0, 0, 1, 0])) }],
    ['put an alert into the hello', { after: interrupted() }],
    ['send a record that is too long', { after: Buffer.from([22, 3, 1, 0x40, 1]) }],
    ['send early data without end', { after: tooLong() }],
  ]),
];

function twoHellos(): Buffer {
  return records(Buffer.concat([helloMessage(), helloMessage({ names: ['evil.example'] })]));
}

function interrupted(): Buffer {
  const whole = records(helloMessage({ names: ['evil.example'] }), 40);
  return Buffer.concat([whole.subarray(0, 45), warning, whole.subarray(45)]);
}

function tooLong(): Buffer {
  return Buffer.concat([Buffer.from([23, 3, 3, 0xff, 0xff]), Buffer.alloc(40_000)]);
}
