// The monitor's door attacked over real sockets, and by what a service that was taken over writes:
// whoever is not the monitor gets nothing, and the monitor gets one page that Prometheus can read.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { after, before, test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { makeClientCertificate } from '../src/cli/certificate.ts';
import { parseExposition } from '../src/policy/exposition.ts';
import { type MonitoredStack, startMonitoredStack } from '../src/testing/monitored-stack.ts';
import { monitoringProgram } from '../src/testing/monitoring-programs.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { run } from '../src/testing/run-program.ts';
import { exchange, type Folder, fakeUpstream, temporaryFolder } from '../src/testing/wire.ts';

const config = `version: 1
providers:
  anthropic: { key: env:ANTHROPIC_API_KEY }
budget: { usd: 20, per: day }
monitoring: { host: true }
`;
const door = { host: '127.0.0.1', port: 9443 } as const;
/** As the topology gives the door. */
const askedMax = 60;

inOwnNetwork(import.meta.url, { timeoutMs: 120_000 }, () => {
  let folder: Folder;
  let stack: MonitoredStack;
  let own: ConnectionOptions;

  before(async () => {
    folder = await temporaryFolder();
    await writeFile(`${folder.path}/clincher.yaml`, config);
    stack = await startMonitoredStack(folder.path);
    const made = (name: string) =>
      readFile(`${folder.path}/.clincher/secrets/generated/${name}`, 'utf8');
    own = {
      ...door,
      ca: await made('monitor-ca'),
      cert: await made('monitor-client-cert'),
      key: await made('monitor-client-key'),
    };
  });
  after(async () => {
    await stack[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const page = async () => (await ask({ path: '/metrics' })).body;
  const ask = (more: AskMore) => askOver({ ...own, ...more });

  test('another CA’s certificate, none, and the door’s own get nothing', async () => {
    const other = await makeClientCertificate('clincher monitor', Date.now());
    const doors = (name: string) =>
      readFile(`${folder.path}/.clincher/secrets/generated/${name}`, 'utf8');
    const strangers: Readonly<Record<string, ConnectionOptions>> = {
      none: {},
      'of another CA': { cert: other.certPem, key: other.keyPem },
      'of another CA, which it brings along': {
        cert: `${other.certPem}${other.caPem}`,
        key: other.keyPem,
      },
      'the door’s own': {
        cert: await doors('monitor-tls-cert'),
        key: await doors('monitor-tls-key'),
      },
    };
    for (const [name, credentials] of Object.entries(strangers)) {
      const { ca } = own;
      const asked = askOver({ ...door, ca, ...credentials, path: '/metrics' });
      await assert.rejects(asked, /alert|ECONNRESET|EPIPE|hang up/i, name);
    }
    assert.match(await page(), /^clincher_up\{service="egress"\} 1$/m);
  });

  test('a head that is too large, a body and another method are refused', async () => {
    const large = await ask({ path: '/metrics', headers: { x: 'x'.repeat(9_000) } });
    assert.equal(large.status, 431);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status } = await ask({ path: '/metrics', method });
      assert.ok(status >= 400, method);
    }
    const heads = [
      'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n',
      'GET http://127.0.0.1:8443/ HTTP/1.1\r\nHost: 127.0.0.1:9443\r\n\r\n',
      'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9443\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9443\r\nContent-Length: 9\r\n\r\nGET / HTT',
      'GET /metrics HTTP/1.1\r\nHost: gateway\r\n\r\n',
    ];
    for (const head of heads) {
      const answer = await exchange(connect(own), head);
      assert.match(answer, /^HTTP\/1\.1 [45]\d\d /, head);
    }
  });

  test('over HTTP/2 there is the same one page, and a bound on heads and streams', async () => {
    const session = connectHttp2(`https://${door.host}:${door.port}`, own);
    session.on('error', () => undefined);
    const get = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
      const stream = session.request({ ':path': path, ...headers });
      stream.on('error', () => undefined);
      const status = new Promise<number>((resolve) => {
        stream.once('response', (said) => resolve(Number(said[':status'])));
        stream.once('close', () => resolve(stream.rstCode === 0 ? 0 : 500));
      });
      stream.resume();
      return status;
    };
    assert.equal(await get('/metrics'), 200);
    assert.ok((await get('/healthz')) >= 400);
    assert.ok((await get('/metrics', { x: 'x'.repeat(9_000) })) >= 400);
    assert.equal(session.remoteSettings.maxConcurrentStreams, 4);
    session.close();
  });

  test('what a service that was taken over writes is bounded, and speaks for nobody else', async () => {
    const bomb = Array.from({ length: 50_000 }, (_, at) => `bomb_${at}{model="m${at}"} 1`);
    const forged = [
      'hits{model="a\\"} 1\\nclincher_up{service=\\"egress\\"} 0"} 1',
      'hits{model="a"} 1\rclincher_up{service="egress"} 0',
      '# HELP hits x\\nclincher_up{service="egress"} 0',
      'clincher_up{service="egress"} 0',
      'clincher_isolation_differences{service="host"} 0',
      `hits{${Array.from({ length: 500 }, (_, at) => `l${at}="v"`).join(',')}} 1`,
      'hits{model="\u202e\u0000"} 1',
      ...bomb.map((line) => line.replace('bomb', 'other').replace('model', 'reason')),
    ];
    const socket = (service: string) => `${folder.path}/metrics--${service}.admin`;
    await using _llm = await fakeUpstream(socket('llm'), forged.slice(0, 10_000).join('\n'));
    await using _gateway = await fakeUpstream(socket('gateway'), bomb.slice(0, 20_000).join('\n'));
    const text = await page();
    const { families, refusedLines } = parseExposition(text, 1e6);
    const series = families.reduce((sum, { samples }) => sum + samples.length, 0);
    assert.equal(refusedLines, 0);
    assert.ok(series > 3_000 && series < 15_000, `${series} series`);
    assert.ok(text.length < 4_000_000, `${text.length} bytes`);
    assert.match(text, /^clincher_up\{service="egress"\} 1$/m);
    assert.doesNotMatch(text, /^clincher_up\{service="egress"\} 0$/m);
    assert.doesNotMatch(text, /clincher_isolation_differences|\u202e|\r/);
    assert.match(text, /^clincher_scrape_refused_lines_total\{service="gateway"\} [1-9]/m);
    const checked = await run([monitoringProgram('promtool'), 'check', 'metrics'], { input: text });
    // 3: it can be read, and a name could be better.
    assert.ok(checked.code === 0 || checked.code === 3, checked.stderr.slice(0, 500));
  });

  test('who asks all the time is told to wait, before metrics is asked', async () => {
    const answers: number[] = [];
    for (let count = 0; count < askedMax + 40; count += 1) {
      answers.push((await ask({ path: '/nothing' })).status);
    }
    assert.ok(answers.includes(429), answers.join());
  });
});

interface AskMore {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function askOver(options: ConnectionOptions & AskMore) {
  const sent = request({ ...options, agent: false });
  sent.end();
  const [response] = await once(sent, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: Number(response.statusCode), body };
}
