// The bounds of a tunnel while it lives: bytes, age, what its caller has in all, and that each is
// told in the record and counted.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectThrough } from '../../net/connect-client.ts';
import { openEgress, type RunningEgress } from '../../testing/egress.ts';
import {
  echo,
  echoedTunnel,
  type FarEnd,
  farName,
  gone,
  openFarEnd,
} from '../../testing/far-end.ts';

let far: FarEnd;
before(async () => {
  far = await openFarEnd(echo);
});
after(() => far[Symbol.asyncDispose]());

type RuleLimits = Readonly<Record<string, number>>;

function open(limits: RuleLimits, own: RuleLimits = {}): Promise<RunningEgress> {
  return openEgress({
    settings: {
      rules: [{ caller: 'llm', hosts: [farName], ports: [far.port], limits: own }],
      unsafeAllowAddresses: ['127.0.0.1'],
      limits,
    },
    answers: { [farName]: ['127.0.0.1'] },
  });
}

async function metric(egress: RunningEgress, series: string): Promise<number> {
  const lines = (await egress.telemetry.metrics.metrics()).split('\n');
  return Number(lines.find((line) => line.startsWith(`${series} `))?.slice(series.length));
}

async function endsWith(egress: RunningEgress, reason: string): Promise<void> {
  await egress.stop();
  const [record] = egress.telemetry.decisions();
  assert.deepEqual([record?.verdict, record?.reason, record?.end], ['allow', 'allowed', reason]);
  const passed = reason.endsWith('down') ? record?.bytesDown : record?.bytesUp;
  if (reason.includes('bytes')) assert.ok(Number(passed) <= 1_000, String(passed));
  const series = `clincher_egress_tunnel_ends_total{caller="llm",end="${reason}"}`;
  assert.equal(await metric(egress, series), 1);
}

for (const [setting, reason] of [
  ['bytesUpMax', 'tunnel-bytes-up'],
  ['bytesDownMax', 'tunnel-bytes-down'],
  ['windowBytesUpMax', 'window-bytes-up'],
  ['windowBytesDownMax', 'window-bytes-down'],
] as const) {
  test(`a tunnel ends as ${reason} and passes no byte more`, async () => {
    await using egress = await open({ [setting]: 1_000 });
    const client = await echoedTunnel(egress, far.port);
    client.write(Buffer.alloc(5_000));
    await gone(client);
    await endsWith(egress, reason);
  });
}

const both: readonly (readonly [string, RuleLimits, RuleLimits, string])[] = [
  ['bytes', { bytesUpMax: 1e9 }, { bytesUpMax: 1_000 }, 'tunnel-bytes-up'],
  ['bytes', { bytesUpMax: 1_000 }, { bytesUpMax: 1e9 }, 'tunnel-bytes-up'],
  ['windows', { windowBytesUpMax: 1e9 }, { windowBytesUpMax: 1_000 }, 'window-bytes-up'],
  ['windows', { windowBytesUpMax: 1_000 }, { windowBytesUpMax: 1e9 }, 'window-bytes-up'],
  ['windows', { windowBytesDownMax: 1_000 }, { windowMs: 1 }, 'window-bytes-down'],
];
for (const [what, role, own, reason] of both) {
  test(`of the ${what} of the role and its rule the tighter hold: ${JSON.stringify(own)}`, async () => {
    await using egress = await open(role, own);
    const client = await echoedTunnel(egress, far.port);
    client.write(Buffer.alloc(5_000));
    await gone(client);
    await endsWith(egress, reason);
  });
}

test('however busy it is, a tunnel is closed at its age', async () => {
  await using egress = await open({ tunnelAgeMs: 60 });
  const client = await echoedTunnel(egress, far.port);
  client.on('data', (bytes) => client.write(bytes)).write('again and again');
  await gone(client);
  await endsWith(egress, 'tunnel-too-old');
});

for (const [whose, all, own] of [
  ['everyone', { windowBytesUpMax: 1_000 }, {}],
  ['its rule', {}, { windowBytesUpMax: 1_000 }],
] as const) {
  test(`a caller that has spent the bytes of ${whose} is told so at its next tunnel`, async () => {
    await using egress = await open(all, own);
    const first = await echoedTunnel(egress, far.port);
    const { bytesWritten } = first;
    const { length: head } =
      `CONNECT ${farName}:${far.port} HTTP/1.1\r\nHost: ${farName}:${far.port}\r\nx-request-id: r\r\n\r\n`;
    first.write(Buffer.alloc(1_000 - (bytesWritten - head)));
    await new Promise((done) => first.once('readable', done));
    first.destroy();
    const contacts = far.sockets.length;
    const refused = connectThrough(egress.address, farName, far.port, 'r', 5_000);
    await assert.rejects(refused, {
      answer: { status: 429, reason: 'window-bytes-up', requestId: 'r' },
    });
    // Before a byte went out.
    assert.equal(far.sockets.length, contacts);
  });
}

test('new tunnels that come too fast are refused before anything is read', async () => {
  await using egress = await open({ tunnelsPerSecondMax: 1 });
  const first = await echoedTunnel(egress, far.port);
  assert.match(await egress.send(''), /^HTTP\/1\.1 429 .*x-clincher-reason: tunnels-too-fast\r\n/s);
  first.destroy();
});

test('a rule of its own allows fewer tunnels than the role', async () => {
  await using egress = await open({}, { tunnelsMax: 1 });
  const first = await echoedTunnel(egress, far.port);
  const refused = connectThrough(egress.address, farName, far.port, 'r', 5_000);
  await assert.rejects(refused, {
    answer: { status: 429, reason: 'tunnels-too-many', requestId: 'r' },
  });
  first.destroy();
});

test('all callers together have no more connections than the role', async () => {
  await using egress = await open({ tunnelsTotalMax: 1 });
  const first = await echoedTunnel(egress, far.port);
  const other = connectThrough(egress.gatewayAddress, farName, far.port, 'r', 5_000);
  await assert.rejects(other, /503 proxy-full/);
  first.destroy();
});

test('connections far over the limit are closed unread, and counted', async () => {
  await using egress = await open({ tunnelsMax: 1 });
  // One that is served, 64 that could still be told why they are not, and three that are not.
  const clients = Array.from({ length: 68 }, () => egress.connect().on('error', () => {}));
  const dropped = () => metric(egress, 'clincher_dropped_connections_total{caller="llm"}');
  for (let tries = 0; (await dropped()) !== 3 && tries < 500; tries += 1) {
    await new Promise((done) => setTimeout(done, 5));
  }
  assert.equal(await dropped(), 3);
  for (const client of clients) client.destroy();
});

test('bytes are counted while the tunnel lives', async () => {
  await using egress = await open({});
  const client = await echoedTunnel(egress, far.port);
  const up = () => metric(egress, 'clincher_bytes_total{caller="llm",direction="in"}');
  const before = await up();
  client.write(Buffer.alloc(1_000));
  await new Promise((done) => client.once('readable', done));
  assert.equal(await up(), before + 1_000);
  assert.deepEqual(egress.telemetry.decisions(), []);
  client.destroy();
});
