// A record is waited for at the zone's own name servers, over real sockets: until all of them show
// it, for a bounded time, and not for those that nobody can ask.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNameServer, record, reply } from '../testing/name-server.ts';
import { type DnsPatience, untilVisible } from './dns-visible.ts';

const name = '_acme-challenge.agent.example.com';
const typeTxt = 16;
const patience: DnsPatience = { askMs: 500, pollMs: 20, totalMs: 60_000, blindMs: 1 };

/** Shows the text from the so manieth question on; answers nothing where it is `silent`. */
async function server(showsFrom: number | 'silent', text = 'proof') {
  let asked = 0;
  const { address, socket } = await openNameServer((_, query) => {
    asked += 1;
    if (showsFrom === 'silent') return null;
    const records = asked < showsFrom ? ['older'] : ['older', text];
    const bytes = records.map((each) => [each.length, ...Buffer.from(each)]);
    return reply(
      query,
      0,
      bytes.map((each) => record(typeTxt, each)),
    );
  });
  return { address, asked: () => asked, [Symbol.dispose]: () => void socket.close() };
}

test('it is there when every server shows it, and not before', async () => {
  using quick = await server(1);
  using slow = await server(5);
  await untilVisible([quick.address, slow.address], name, 'proof', patience);
  assert.equal(slow.asked(), 5);
  assert.equal(quick.asked(), 1, 'who has shown it is not asked again');
});

test('one that never shows it ends it in bounded time, by its name', async () => {
  using quick = await server(1);
  using never = await server(Number.POSITIVE_INFINITY);
  const short = { ...patience, totalMs: 200 };
  await assert.rejects(untilVisible([quick.address, never.address], name, 'proof', short), {
    code: 'acme-record-unseen',
    message: new RegExp(`^${never.address} of the zone's name servers did not show ${name}`),
  });
});

test('who cannot be asked is not waited for where another has shown it', async () => {
  using quick = await server(1);
  using silent = await server('silent');
  await untilVisible([quick.address, silent.address], name, 'proof', { ...patience, askMs: 50 });
});

for (const [how, servers] of [
  ['no server is known', 0],
  ['none can be asked', 1],
] as const) {
  test(`where ${how} it is waited blindly, and the CA looks`, async () => {
    using silent = await server('silent');
    const blind = { ...patience, askMs: 20, blindMs: 300 };
    const before = performance.now();
    await untilVisible(Array(servers).fill(silent.address), name, 'proof', blind);
    assert.ok(performance.now() - before >= 290);
  });
}
