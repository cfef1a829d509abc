// Requests written byte by byte, one per known trick: none may reach a service, by whatever words
// it is refused.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import {
  bearerAttacks,
  hostMark,
  requestAttacks,
  upgradeAttacks,
} from '../../verify/attacks/ingress/requests.ts';
import { exchangeFrames } from '../http2-wire.ts';
import { dialTls, fakeUpstream } from '../wire.ts';
import { ambiguousFrames } from './ambiguous-frames.ts';
import { closeOf, gateway, type IngressCase, metrics, talk } from './model.ts';

/** These are their own properties: some programs read the first of two headers. */
const ofTwo: Readonly<Record<string, IngressCase['property']>> = {
  'two origins': 'two-origins',
  'metrics with two tokens': 'two-tokens',
  'a bare line feed': 'line-feeds',
  'length and chunked': 'lenient-heads',
  'chunked and length': 'lenient-heads',
  'a folded header': 'lenient-heads',
  'a header without a name': 'lenient-heads',
};

const framesOf: Readonly<Record<string, IngressCase['property']>> = {
  'a pseudo-header last': 'pseudo-headers-last',
  'a length and no body': 'length-alone-http2',
};

const tables = [requestAttacks, upgradeAttacks, bearerAttacks].flat();

function wireCase(
  property: IngressCase['property'],
  name: string,
  attacks: typeof tables,
): IngressCase {
  return {
    property,
    name,
    async run(start) {
      await using ingress = await start([gateway, metrics], { rate: null });
      await using behind = await fakeUpstream(`${ingress.folder}/gw`);
      await using numbers = await fakeUpstream(`${ingress.folder}/mx`);
      const through: string[] = [];
      for (const { tries, bytes } of attacks) {
        const before = behind.seen.length + numbers.seen.length;
        const text = bytes.replaceAll(hostMark, `localhost:${ingress.port}`);
        const answer = await firstAnswer(dialTls(ingress.tls), text);
        const reached = behind.seen.length + numbers.seen.length > before;
        if (reached || answer.startsWith('HTTP/1.1 101')) through.push(tries);
      }
      assert.deepEqual(through, []);
    },
  };
}

/** All that comes until the answer is there and the other side has closed for our end of it. */
async function firstAnswer(socket: Socket, bytes: string): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk;
    socket.end();
  });
  // Whoever waits for more is given no more.
  const timer = setTimeout(() => socket.end(), 1_000);
  const late = setTimeout(() => socket.destroy(), 10_000);
  socket.write(bytes, 'latin1');
  await closeOf(socket);
  clearTimeout(timer);
  clearTimeout(late);
  return text;
}

export const attackCases: readonly IngressCase[] = [
  wireCase(
    'two-meanings',
    'no request that could mean two things reaches a service',
    tables.filter(({ tries }) => ofTwo[tries] === undefined),
  ),
  ...Object.entries(ofTwo).map(([tries, property]) =>
    wireCase(
      property,
      `${tries}: reaches no service`,
      tables.filter((row) => row.tries === tries),
    ),
  ),
  {
    property: 'two-meanings',
    name: 'the same wire, used well, reaches the service',
    async run(start) {
      await using ingress = await start([gateway]);
      await using behind = await fakeUpstream(`${ingress.folder}/gw`);
      const last = `Host: localhost:${ingress.port}\r\nConnection: close\r\n`;
      const good = [
        `POST / HTTP/1.1\r\n${last}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
        `POST / HTTP/1.1\r\n${last}Origin: ${ingress.origin}\r\nContent-Length: 5\r\n\r\nhello`,
        `GET /a%2Fb?q={x|y}&r=../.. HTTP/1.1\r\n${last}Origin: https://evil.example\r\n\r\n`,
      ];
      for (const bytes of good) {
        assert.match(await talk(dialTls(ingress.tls), bytes), /^HTTP\/1\.1 200 /, bytes);
      }
      assert.equal(behind.seen.length, 3);
      assert.equal(behind.seen[0]?.body, 'hello');
      assert.equal(behind.seen[2]?.url, '/a%2Fb?q={x|y}&r=../..');
    },
  },
  ...(['two-meanings-http2', 'pseudo-headers-last', 'length-alone-http2'] as const).map(
    (property): IngressCase => ({
      property,
      name: `no frames reach a service that could mean two requests: ${property}`,
      async run(start) {
        await using ingress = await start([gateway], { rate: null });
        await using behind = await fakeUpstream(`${ingress.folder}/gw`);
        const through: string[] = [];
        for (const [trick, bytes] of ambiguousFrames) {
          if ((framesOf[trick] ?? 'two-meanings-http2') !== property) continue;
          const before = behind.seen.length;
          await exchangeFrames(ingress.tls, bytes(`localhost:${ingress.port}`), 300);
          if (behind.seen.length > before) through.push(trick);
        }
        assert.deepEqual(through, []);
      },
    }),
  ),
];
