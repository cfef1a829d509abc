// Two hosts, each a network of its own with one wire between them: the application host's roles on
// one, Prometheus, Alertmanager and the blackbox exporter on the other, told by the bundle that
// `clincher monitor enroll` wrote.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { farMachine, must, wireAddresses } from '../src/testing/far-machine.ts';
import { type MonitoredStack, startMonitoredStack } from '../src/testing/monitored-stack.ts';
import {
  type MonitoringProgram,
  monitoringProgram,
  monitoringPrograms,
} from '../src/testing/monitoring-programs.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { clincher, plainEnvironment, run } from '../src/testing/run-program.ts';
import { type Folder, temporaryFolder } from '../src/testing/wire.ts';

const app = wireAddresses.four;
const [monitor, stranger] = ['198.51.100.9', '198.51.100.10'] as const;
const deadlineMs = 45_000;

const config = `version: 1
providers:
  anthropic: { key: env:ANTHROPIC_API_KEY }
budget: { usd: 20, per: day }
ingress: { listen: "${app}:8443", origin: "https://${app}:8443" }
monitoring:
  host: true
  listen: ${app}:9443
  from: [${monitor}]
  scrapeSeconds: 1
  receivers: { webhook: { url: env:WEBHOOK } }
  deadMansSwitch: env:SWITCH
`;

/** On the monitoring host: writes down what is posted to it, a line each. */
const receiver = `require('http').createServer((q,s)=>{let b='';q.on('data',c=>b+=c);q.on('end',()=>{
  require('fs').appendFileSync(process.argv[1],q.url+' '+b+'\\n');s.end()})}).listen(8080,'127.0.0.1')`;

inOwnNetwork(import.meta.url, { timeoutMs: 280_000 }, () => {
  let folder: Folder;
  let stack: MonitoredStack;
  const programs: ChildProcess[] = [];
  const bundle = () => `${folder.path}/bundle`;
  const onMonitor = (program: string, ...args: readonly string[]) => {
    const argv = ['netns', 'exec', 'far', program, ...args];
    programs.push(spawn('ip', argv, { env: plainEnvironment(), stdio: 'ignore' }));
  };
  const start = (name: MonitoringProgram, ...args: readonly string[]) =>
    onMonitor(monitoringProgram(name), ...args);

  before(async () => {
    folder = await temporaryFolder();
    await farMachine([monitor, stranger]);
    await must('ip -n far link set lo up');
    // Debian's Alertmanager has its templates at one place, and here it is not installed.
    await must(`mount --bind ${monitoringPrograms}/usr/share /usr/share`);
    await writeFile(`${folder.path}/clincher.yaml`, config);
    stack = await startMonitoredStack(folder.path);
    const env = plainEnvironment({
      WEBHOOK: 'http://127.0.0.1:8080/people',
      SWITCH: 'http://127.0.0.1:8080/switch',
    });
    const args = ['monitor', 'enroll', '--out', bundle(), '--at', bundle()];
    const enrolled = await clincher(args, { cwd: folder.path, env });
    assert.equal(enrolled.code, 0, enrolled.stderr);
    await appendFile(`${folder.path}/heard`, '');
    onMonitor(process.execPath, '-e', receiver, `${folder.path}/heard`);
    const { services } = parse(await readFile(`${bundle()}/compose.yaml`, 'utf8'));
    start('prometheus-alertmanager', ...services.alertmanager.command);
    start('prometheus-blackbox-exporter', ...services.blackbox.command);
    await until(async () => (await get('http://127.0.0.1:9093/-/ready')) === 'OK');
    // What fires before it has found Alertmanager is said again after a minute, and here sooner.
    const soon = '--rules.alert.resend-delay=5s';
    start('prometheus', ...services.prometheus.command, soon);
  });

  after(async () => {
    for (const program of programs) {
      if (program.exitCode !== null) continue;
      program.kill('SIGKILL');
      await once(program, 'exit');
    }
    await stack[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const heard = () => readFile(`${folder.path}/heard`, 'utf8');

  test('Prometheus gets every role over HTTPS with its certificate', async () => {
    await until(async () => (await query('up{job="clincher"}')) === '1');
    assert.equal(await query('clincher_up{service="egress"}'), '1');
    assert.equal(await query('clincher_up{service="monitor-ingress"}'), '1');
    assert.equal(
      await query('clincher_up{service="llm"}'),
      '0',
      'what does not run is seen not to',
    );
    assert.equal(await query('count(clincher_disk_free_bytes)'), '1');
    assert.match(await get('http://127.0.0.1:9090/api/v1/status/flags'), /retention.size":"10/);
    await until(async () => (await query('sum(probe_success)')) === '3');
  });

  test('an alert fires when egress denials jump, and reaches people; the switch hears', async () => {
    await stack.denyOnce();
    const denials = 'sum(clincher_decisions_total{service="egress",verdict="deny"})';
    await until(async () => Number(await query(denials)) === 1);
    for (let count = 0; count < 40; count += 1) await stack.denyOnce();
    await until(async () => /\/people .*EgressDenialsJump/.test(await heard()));
    assert.match(await heard(), /^\/people .*"severity":"page"/m);
    await until(async () => /^\/switch .*Watchdog/m.test(await heard()));
    assert.doesNotMatch(await heard(), /^\/people .*Watchdog/m);
  });

  test('all that the monitor holds opens one page of the application host, and nothing else', async () => {
    const credentials = {
      ca: await readFile(`${bundle()}/secrets/prometheus/monitor-ca`, 'utf8'),
      cert: await readFile(`${bundle()}/secrets/prometheus/monitor-client-cert`, 'utf8'),
      key: await readFile(`${bundle()}/secrets/prometheus/monitor-client-key`, 'utf8'),
    };
    const listening = await must("ss -Hltn | awk '{print $4}'");
    const open = listening.split('\n').filter((line) => !/^(127\.|\[::1\]|$)/.test(line));
    assert.deepEqual(open.toSorted(), [`${app}:8443`, `${app}:9443`], 'every port is tried below');
    await writeFile(`${folder.path}/ask.json`, JSON.stringify({ credentials, app }));
    const { stdout, stderr } = await far(monitor, attempts, `${folder.path}/ask.json`);
    const answers: readonly (readonly [string, number | string])[] = JSON.parse(stdout || '[]');
    assert.ok(answers.length > 30, stderr);
    for (const [asked, answer] of answers) {
      if (asked === '9443 GET /metrics') assert.equal(answer, 200);
      // Anybody gets the agent's page, and whether it is up.
      else if (/^8443 GET \/(healthz)?$/.test(asked)) assert.equal(answer, 200);
      else assert.ok(typeof answer === 'string' || answer >= 400, `${asked}: ${answer}`);
    }
  });

  test('without the certificate, or from another address, the door does not open', async () => {
    const asked = {
      credentials: { ca: await readFile(`${bundle()}/secrets/prometheus/monitor-ca`, 'utf8') },
      app,
    };
    await writeFile(`${folder.path}/bare.json`, JSON.stringify(asked));
    const bare = await far(monitor, attempts, `${folder.path}/bare.json`);
    const answers: [string, unknown][] = JSON.parse(bare.stdout);
    const door = answers.filter(([what]) => what.startsWith('9443'));
    assert.ok(door.length > 10 && door.every(([, answer]) => typeof answer === 'string'));
    const elsewhere = await far(stranger, attempts, `${folder.path}/ask.json`);
    const refused: [string, unknown][] = JSON.parse(elsewhere.stdout);
    for (const [what, answer] of refused.filter(([what]) => what.startsWith('9443'))) {
      assert.equal(typeof answer, 'string', `${what}: ${answer}`);
    }
  });

  test('cut off, the monitor says so; back, it goes on', async () => {
    const unreachable = 'count(ALERTS{alertname="ApplicationHostUnreachable"})';
    await must('ip link set near0 down');
    await until(async () => (await query('up{job="clincher"}')) === '0');
    await until(async () => (await query(unreachable)) === '1');
    await must('ip link set near0 up && ip route add 198.51.100.9/32 dev near0');
    await until(async () => (await query('up{job="clincher"}')) === '1');
    await until(async () => (await query(unreachable)) === '');
  });
});

/** The value of the first result; empty where there is none. */
async function query(expression: string): Promise<string> {
  const url = `http://127.0.0.1:9090/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = JSON.parse((await get(url)) || '{}');
  return answer?.data?.result?.[0]?.value?.[1] ?? '';
}

/** As the monitoring host gets it; empty while nobody answers there. */
async function get(url: string): Promise<string> {
  const script = `fetch(process.argv[1]).then(async r=>console.log(await r.text()),()=>{})`;
  return (await far(monitor, script, url)).stdout.trim();
}

/** A script on the monitoring host. */
function far(address: string, script: string, argument: string) {
  return run(['ip', 'netns', 'exec', 'far', process.execPath, '-e', script, argument, address]);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await holds())) {
    assert.ok(Date.now() < end, 'it did not come about in time');
    await sleep(300);
  }
}

/** Every port with every kind of request, with all that was handed out. */
const attempts = `
const { credentials, app } = JSON.parse(require('fs').readFileSync(process.argv[1]));
const paths = ['/metrics', '/', '/healthz', '/metrics/', '/metrics?x=1', '/metrics/../', '//metrics',
  '/%2e%2e/metrics', '/v1/chat/completions', '/v1/models', '/api/diagnostics/prometheus', '/admin', '/history'];
const asks = [8443, 9443].flatMap((port) => [
  ...paths.flatMap((path) => ['GET', 'POST'].map((method) => [port, method, path, {}])),
  [port, 'DELETE', '/metrics', {}], [port, 'GET', '/metrics', { host: 'gateway' }],
  [port, 'GET', '/', { upgrade: 'websocket', connection: 'upgrade' }],
]);
const one = ([port, method, path, headers]) => new Promise((resolve) => {
  const name = [port, method, path].join(' ') + (Object.keys(headers).length ? ' ' + JSON.stringify(headers) : '');
  const request = require('https').request({ host: app, port, method, path, headers, ...credentials,
    rejectUnauthorized: false, localAddress: process.argv[2], agent: false, timeout: 5000 });
  request.on('response', (r) => { r.resume(); resolve([name, r.statusCode]); });
  request.on('upgrade', (r, s) => { s.destroy(); resolve([name, r.statusCode]); });
  request.on('timeout', () => request.destroy(new Error('timeout')));
  request.on('error', (e) => resolve([name, e.code ?? e.message]));
  request.end();
});
(async () => { const all = []; for (const ask of asks) all.push(await one(ask)); console.log(JSON.stringify(all)); })();
`;
