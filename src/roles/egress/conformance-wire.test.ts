// What anyone may expect to see on an egress proxy's socket: the status of each refusal, what an
// answer says and what it keeps to itself, one record for each request.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DialTimeout } from '../../net/dial.ts';
import { type EgressOptions, openEgress, type RunningEgress } from '../../testing/egress.ts';
import { connectTo } from '../../verify/attacks/egress/write.ts';
import { egressRecord } from './record.ts';

const name = 'api.example.com';
const settings = { rules: [{ caller: 'llm', hosts: [name], at: 'rules.yaml:7:3' }] };
const answers = { [name]: ['192.0.2.1'] };
const unsafeAllowAddresses = ['192.0.2.0/24'];
const connect = connectTo(`${name}:443`);

/** Nothing is dialled in this file. */
const failingDial = (error: Error) => () => Promise.reject(error);
const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const reachable = { ...settings, unsafeAllowAddresses };

interface Row {
  readonly stops: string;
  readonly options?: Partial<EgressOptions>;
  readonly bytes?: string;
  readonly status: number;
  readonly reason: string;
  readonly header?: RegExp;
}

const rows: readonly Row[] = [
  {
    stops: 'a host without a rule',
    bytes: connectTo('a.example:443'),
    status: 403,
    reason: 'host-not-allowed',
  },
  {
    stops: 'another port',
    bytes: connectTo(`${name}:80`),
    status: 403,
    reason: 'port-not-allowed',
  },
  { stops: 'a name that leads inside', status: 403, reason: 'address-not-public' },
  {
    stops: 'a name nobody knows',
    options: { answers: {} },
    status: 502,
    reason: 'name-unresolvable',
  },
  {
    stops: 'a name without an address',
    options: { answers: { [name]: [] } },
    status: 502,
    reason: 'name-unresolvable',
  },
  {
    stops: 'a host that refuses',
    options: { settings: reachable, dial: failingDial(refused) },
    ...{ status: 502, reason: 'upstream-unreachable' },
  },
  {
    stops: 'a host that does not answer',
    options: { settings: reachable, dial: failingDial(new DialTimeout('late')) },
    ...{ status: 504, reason: 'dial-timeout' },
  },
  {
    stops: 'a resolver that does not answer',
    options: {
      settings: { ...settings, limits: { resolveTimeoutMs: 50 } },
      resolve: () => new Promise(() => {}),
    },
    ...{ status: 504, reason: 'resolve-timeout' },
  },
  {
    stops: 'a head that does not end',
    options: { settings: { ...settings, limits: { headerTimeoutMs: 50 } } },
    ...{ bytes: connect.slice(0, -2), status: 408, reason: 'head-timeout' },
  },
  {
    stops: 'a head without end',
    options: { settings: { ...settings, limits: { headerBytesMax: 100 } } },
    ...{
      bytes: connectTo(`${name}:443`, `X: ${'y'.repeat(100)}`),
      status: 431,
      reason: 'head-too-large',
    },
  },
  {
    stops: 'a forwarded request',
    ...{ bytes: `GET http://${name}/ HTTP/1.1\r\n\r\n`, status: 405, reason: 'method-refused' },
    header: /\r\nallow: CONNECT\r\n/,
  },
  { stops: 'what is not HTTP', bytes: 'hello\r\n\r\n', status: 400, reason: 'request-malformed' },
  {
    stops: 'a second spelling',
    bytes: connectTo('127.1:443'),
    status: 400,
    reason: 'host-malformed',
  },
];

function open(options: Partial<EgressOptions> = {}): Promise<RunningEgress> {
  return openEgress({ settings, answers, ...options });
}

for (const { stops, options, bytes = connect, status, reason, header } of rows) {
  test(`the wire stops ${stops} with ${status} ${reason}, and one record`, async () => {
    await using egress = await open(options);
    const answer = await egress.send(bytes);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
    assert.match(answer, new RegExp(`\r\nx-clincher-reason: ${reason}\r\n`));
    if (header !== undefined) assert.match(answer, header);
    assertTellsNothing(answer);
    const records = egress.telemetry.decisions().map((line) => egressRecord.parse(line));
    assert.deepEqual(
      records.map(({ verdict, status: said, reason: why }) => [verdict, said, why]),
      [['deny', status, reason]],
    );
  });
}

/** Complete, not to be kept, the end of the connection; and nothing the caller may not know. */
function assertTellsNothing(answer: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  assert.match(head, /\r\nconnection: close\r?/);
  assert.match(head, /\r\ncache-control: no-store\r?/);
  assert.match(head, new RegExp(`\r\ncontent-length: ${Buffer.byteLength(body)}\r?`));
  assert.deepEqual(Object.keys(JSON.parse(body).error), ['code', 'message', 'request_id']);
  for (const secret of ['rules.yaml', '192.0.2.1', 'RFC', 'ECONNREFUSED', 'egress.rules', 'llm']) {
    assert.ok(!answer.includes(secret), `the caller is told ${secret}`);
  }
}

for (const [limit, settled, status, reason] of [
  ['tunnelsMax', 'its tunnels', 429, 'tunnels-too-many'],
  ['tunnelsTotalMax', 'the tunnels of all', 503, 'proxy-full'],
  ['tunnelsPerSecondMax', 'its tunnels in a second', 429, 'tunnels-too-fast'],
] as const) {
  test(`the wire stops who has ${settled} with ${status}, and says when to come back`, async () => {
    await using egress = await open({ settings: { ...settings, limits: { [limit]: 1 } } });
    const first = egress.connect().on('error', () => {});
    first.write('CONNECT ');
    const answer = await refusedNext(egress, reason);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} .*\r\nretry-after: [0-9]+\r\n`, 's'));
    assertTellsNothing(answer);
    first.destroy();
  });
}

/** The first connection may not have been accepted yet when the next one comes. */
async function refusedNext(egress: RunningEgress, reason: string): Promise<string> {
  for (let tries = 0; tries < 50; tries += 1) {
    const answer = await egress.send(connectTo('a.example:443'));
    if (answer.includes(`x-clincher-reason: ${reason}\r\n`)) return answer;
  }
  throw new Error(`nothing was refused with ${reason}`);
}

const ids: readonly (readonly [stops: string, id: string, kept: boolean])[] = [
  ['nobody with an id', 'r-1.2_3', true],
  ['an id with a space', 'a b', false],
  ['an id that breaks out of JSON', 'a"}', false],
  ['an id that is markup', '<b>', false],
  ['an id that is too long', 'x'.repeat(65), false],
  ['an empty id', '', false],
];

for (const [stops, id, kept] of ids) {
  test(`the wire stops ${stops}: ${JSON.stringify(id.slice(0, 9))}`, async () => {
    await using egress = await open();
    const answer = await egress.send(connectTo('a.example:443', `X-Request-Id: ${id}`));
    const said = /\r\nx-request-id: (.*)\r\n/.exec(answer)?.[1];
    assert.equal(said === id, kept, said);
    assert.match(said ?? '', /^[\w.-]{1,64}$/);
    assert.equal(egress.telemetry.decisions()[0]?.requestId, said);
  });
}

test('a connection without a byte leaves no record, and one that stops half way leaves one', async () => {
  await using egress = await open();
  await new Promise((done) => egress.connect().end().resume().once('close', done));
  assert.deepEqual(egress.telemetry.decisions(), []);
  await new Promise((done) => egress.connect().end('CONNECT ').resume().once('close', done));
  assert.deepEqual(
    egress.telemetry.decisions().map(({ reason }) => reason),
    ['client-gone'],
  );
});
