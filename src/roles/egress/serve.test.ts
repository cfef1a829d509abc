// The egress role doing its work: a real TLS server behind a tunnel, both directions, limits,
// what it reports.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as connectTls, createServer as createTls, type Server } from 'node:tls';
import { makeLocalCertificate } from '../../cli/certificate.ts';
import { ConnectError, connectThrough } from '../../net/connect-client.ts';
import { openEgress } from '../../testing/egress.ts';

const name = 'api.example.com';
let ca = '';
let far: Server;
let port = 0;

before(async () => {
  const made = await makeLocalCertificate([name], Date.now());
  ca = made.caPem;
  far = createTls({ cert: made.certPem, key: made.keyPem }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  far.listen(0, '127.0.0.1');
  await once(far, 'listening');
  port = (far.address() as AddressInfo).port;
});
after(() => new Promise((done) => far.close(done)));

const rules = (ports = [port], more: object = {}) => [
  { caller: 'llm', hosts: [name], ports, at: 'clincher.yaml:14:7', ...more },
  { caller: 'gateway', hosts: [name], ports },
];
const open = (more: object = {}) =>
  openEgress({
    settings: { rules: rules(), unsafeAllowAddresses: ['127.0.0.1'], ...more },
    answers: { [name]: ['127.0.0.1'] },
  });

test('TLS goes through to the named host and one record says all of it', async () => {
  await using egress = await open();
  const raw = await connectThrough(egress.address, name, port, 'request-1', 5_000);
  const socket = connectTls({ socket: raw, servername: name, ca });
  socket.write('hello through the tunnel');
  const [echo] = (await once(socket, 'data')) as [Buffer];
  assert.equal(echo.toString(), 'hello through the tunnel');
  assert.equal(await metric(egress, 'clincher_open_connections{caller="llm"}'), 1);
  socket.end();
  await once(raw, 'close');
  await egress.stop();

  const [record, ...rest] = egress.telemetry.decisions();
  assert.deepEqual(rest, []);
  const { bytesUp, bytesDown, durationMs, time, resolveMs, dialMs, helloMs, ...said } =
    record ?? {};
  assert.deepEqual(said, {
    level: 'info',
    service: 'egress',
    role: 'egress',
    event: 'decision',
    requestId: 'request-1',
    caller: 'llm',
    verdict: 'allow',
    reason: 'allowed',
    rule: `llm to ${name} on ${port} (clincher.yaml:14:7); unsafeAllowAddresses: 127.0.0.1`,
    status: 200,
    host: name,
    port,
    address: '127.0.0.1',
    class: 'loopback',
    answersDenied: 0,
    sni: name,
    end: 'closed',
  });
  assert.ok([resolveMs, dialMs, helloMs].every((ms) => Number(ms) >= 0));
  assert.ok(Number(bytesUp) > 300 && Number(bytesDown) > 300, `${bytesUp} up, ${bytesDown} down`);
  assert.equal(await metric(egress, 'clincher_open_connections{caller="llm"}'), 0);
  assert.equal(await metric(egress, 'clincher_bytes_total{caller="llm",direction="in"}'), bytesUp);
});

test('a hello sent ahead of the answer is kept and forwarded', async () => {
  await using egress = await open();
  const client = egress.connect();
  client.write(`CONNECT ${name}:${port} HTTP/1.1\r\n\r\n`);
  const raw = await untilTunnel(client);
  const socket = connectTls({ socket: raw, servername: name, ca });
  await once(socket, 'secureConnect');
  assert.equal(socket.authorized, true);
  socket.destroy();
});

test('a name is answered from the settings before the resolver is asked', async () => {
  await using egress = await openEgress({
    settings: {
      rules: rules(),
      resolve: { [name]: ['127.0.0.1'] },
      unsafeAllowAddresses: ['127.0.0.1'],
    },
  });
  const raw = await connectThrough(egress.address, name, port, 'r', 5_000);
  raw.destroy();
  assert.deepEqual(egress.resolved, []);
});

test('without the explicit exception the same tunnel is refused, and the client is told the reason', async () => {
  await using egress = await open({ unsafeAllowAddresses: [] });
  const refused = connectThrough(egress.address, name, port, 'request-2', 5_000);
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof ConnectError);
    const answer = { status: 403, reason: 'address-not-public', requestId: 'request-2' };
    assert.deepEqual(error.answer, answer);
    return true;
  });
  const fix = egress.telemetry.decisions()[0]?.fix;
  assert.equal(fix, `egress.unsafeAllowAddresses: ["127.0.0.1:${port}"]`);
});

test('the end of one direction leaves the other open', async () => {
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    let text = '';
    for await (const chunk of socket) text += chunk;
    socket.end(`after the end: ${text}`);
  });
  const plainPort = await listening(server);
  await using egress = await open({ rules: rules([plainPort], { unsafeAllowPlaintext: true }) });
  const client = await connectThrough(egress.address, name, plainPort, 'r', 5_000);
  client.end('question');
  let answer = '';
  for await (const chunk of client) answer += chunk;
  assert.equal(answer, 'after the end: question');
  server.close();
});

test('a tunnel without a byte for the idle time is closed on both sides', async () => {
  await using egress = await open({
    rules: rules([port], { unsafeAllowPlaintext: true }),
    limits: { idleTimeoutMs: 100 },
  });
  const client = await connectThrough(egress.address, name, port, 'r', 5_000);
  await once(client.on('error', () => {}).resume(), 'close');
  await egress.stop();
  assert.equal(egress.telemetry.decisions()[0]?.end, 'idle');
});

test('one caller at its limit is told so, and the other is still served', async () => {
  await using egress = await open({ limits: { tunnelsMax: 1 } });
  const first = await connectThrough(egress.address, name, port, 'r', 5_000);
  const refused = await egress.send('');
  assert.match(refused, /^HTTP\/1\.1 429 /);
  assert.match(refused, /\r\nretry-after: 1\r\n/);
  assert.match(refused, /\r\nx-clincher-reason: tunnels-too-many\r\n/);
  const other = await connectThrough(egress.gatewayAddress, name, port, 'r', 5_000);
  other.destroy();
  first.destroy();
  const again = await oncePermitted(() => connectThrough(egress.address, name, port, 'r', 5_000));
  again.destroy();
});

test('stopping ends open tunnels and frees the socket', async () => {
  const egress = await open();
  const client = await connectThrough(egress.address, name, port, 'r', 5_000);
  const closed = once(client.on('error', () => {}).resume(), 'close');
  await egress[Symbol.asyncDispose]();
  await closed;
  await assert.rejects(connectThrough(egress.address, name, port, 'r', 500), /cannot be reached/);
});

function untilTunnel(client: Socket): Promise<Socket> {
  return new Promise((resolve) => {
    client.once('readable', () => {
      assert.match(String(client.read()), /^HTTP\/1\.1 200 Connection Established\r\n/);
      resolve(client);
    });
  });
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The slot is free a moment after its client has gone; until then the answer is 429. */
async function oncePermitted(attempt: () => Promise<Socket>): Promise<Socket> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConnectError) || error.answer.status !== 429 || tries > 100)
        throw error;
    }
  }
}

async function metric(
  egress: Awaited<ReturnType<typeof open>>,
  series: string,
): Promise<number | undefined> {
  const line = (await egress.telemetry.metrics.metrics())
    .split('\n')
    .find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}
