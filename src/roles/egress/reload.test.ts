// Rules that change while tunnels are open: what is no longer allowed ends, the rest goes on, and
// a file that is wrong changes nothing but what is said.

import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectThrough } from '../../net/connect-client.ts';
import { type Dial, dialAddress } from '../../net/dial.ts';
import { clientHello } from '../../testing/client-hello.ts';
import { openEgress } from '../../testing/egress.ts';
import {
  echo,
  echoedTunnel,
  type FarEnd,
  farName,
  gone,
  nextBytes,
  openFarEnd,
} from '../../testing/far-end.ts';
import { temporaryFolder } from '../../testing/wire.ts';

let far: FarEnd;
let other: FarEnd;
before(async () => {
  far = await openFarEnd(echo);
  other = await openFarEnd(echo);
});
after(() => Promise.all([far, other].map((one) => one[Symbol.asyncDispose]())));

const allowing = (...ports: number[]) =>
  JSON.stringify({
    rules: [{ caller: 'llm', hosts: [farName], ports }],
    resolve: { [farName]: ['127.0.0.1'] },
    unsafeAllowAddresses: ['127.0.0.1'],
  });

async function openWith(text: string, dial: Dial = dialAddress) {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'rules.json');
  await writeFile(path, text);
  const egress = await openEgress({ settings: { rules: [], policyFile: { path } }, dial });
  const said = (event: string) => egress.telemetry.lines().filter((line) => line.event === event);
  return {
    egress,
    said,
    /** Replaced whole, as an editor or a mount does it; resolves once the role has said `event`. */
    async change(next: string, event: string, signal = true) {
      const count = said(event).length;
      await writeFile(`${path}.new`, next);
      await rename(`${path}.new`, path);
      if (signal) process.emit('SIGHUP');
      while (said(event).length === count) await new Promise((done) => setTimeout(done, 5));
    },
    async [Symbol.asyncDispose]() {
      await egress[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('tunnels that are no longer allowed are closed, and the others go on', async () => {
  await using live = await openWith(allowing(far.port, other.port));
  const doomed = await echoedTunnel(live.egress, far.port, 'doomed');
  const kept = await echoedTunnel(live.egress, other.port, 'kept');
  await live.change(allowing(other.port), 'rules-taken');
  await gone(doomed);
  kept.write('still here');
  assert.equal((await nextBytes(kept)).toString(), 'still here');
  const [record] = live.egress.telemetry.decisions();
  assert.deepEqual([record?.requestId, record?.end], ['doomed', 'rules-changed']);
  const again = connectThrough(live.egress.address, farName, far.port, 'r', 5_000);
  await assert.rejects(again, /port-not-allowed/);
  kept.destroy();
});

test('an address that is no longer allowed ends the tunnels that lead to it', async () => {
  await using live = await openWith(allowing(far.port));
  const doomed = await echoedTunnel(live.egress, far.port);
  const rules = { ...JSON.parse(allowing(far.port)), unsafeAllowAddresses: [] };
  await live.change(JSON.stringify(rules), 'rules-taken');
  await gone(doomed);
  await live.egress.stop();
  assert.equal(live.egress.telemetry.decisions()[0]?.end, 'rules-changed');
});

for (const [name, text] of [
  ['no rules at all', '{}'],
  ['half of it', allowing(1).slice(0, 40)],
  ['a bare star', allowing(1).replace(farName, '*')],
  ['empty', ''],
] as const) {
  test(`a file that is wrong (${name}) leaves the old rules in force and says so`, async () => {
    await using live = await openWith(allowing(far.port));
    const tunnel = await echoedTunnel(live.egress, far.port);
    await live.change(text, 'rules-kept');
    const another = await echoedTunnel(live.egress, far.port);
    assert.match(String(live.egress.health().detail), /the rules in force are older than/);
    assert.equal(live.egress.health().ready, true);
    await live.change(allowing(far.port), 'rules-taken');
    assert.deepEqual(live.egress.health(), { ready: true });
    for (const one of [tunnel, another]) {
      one.write('x');
      assert.equal((await nextBytes(one)).toString(), 'x');
      one.destroy();
    }
  });
}

test('the file is read again when it changes, without a signal', async () => {
  await using live = await openWith(allowing(far.port));
  const doomed = await echoedTunnel(live.egress, far.port);
  await live.change(allowing(other.port), 'rules-taken', false);
  await gone(doomed);
});

test('a request that was being answered while the rules changed is judged by the new ones', async () => {
  await using live = await openWith(allowing(far.port));
  const client = await connectThrough(live.egress.address, farName, far.port, 'r', 5_000);
  await live.change(allowing(other.port), 'rules-taken');
  client.write(clientHello());
  await gone(client);
  const [record] = live.egress.telemetry.decisions();
  assert.deepEqual([record?.verdict, record?.reason], ['deny', 'rules-changed']);
});

test('a plain request whose host was being reached meanwhile is judged by the new rules too', async () => {
  const reached = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const rules = JSON.parse(allowing(far.port));
  const plain = (plainHttp: boolean) =>
    JSON.stringify({ ...rules, rules: [{ ...rules.rules[0], plainHttp }] });
  await using live = await openWith(plain(true), async (...to) => {
    asked.resolve();
    await reached.promise;
    return dialAddress(...to);
  });
  const host = `${farName}:${far.port}`;
  const answer = live.egress.send(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await asked.promise;
  await live.change(plain(false), 'rules-taken');
  reached.resolve();
  assert.match(await answer, /x-clincher-reason: rules-changed\r\n/);
});
