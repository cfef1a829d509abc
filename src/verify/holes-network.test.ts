// Holes in the network: a namespace that is not its own, a way to a resolver, a proxy that lets
// everything through. They open more than one thing, and verification must name each.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { openOutside } from '../testing/canary-outside.ts';
import { inOwnNetwork } from '../testing/netns.ts';
import { differences, type RawCase, shortly, verifyRaw } from '../testing/raw-verification.ts';
import { tempDir } from '../testing/temp-dir.ts';
import type { Report } from './model.ts';

async function reportOf(change: RawCase): Promise<Report> {
  await using _outside = await openOutside();
  return await verifyRaw(change);
}

function includes(found: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.filter((line) => !found.includes(line));
  assert.deepEqual(missing, [], `found:\n${found.join('\n')}`);
}

/** A link from the jail to this network, with a route to one address behind it. */
function link(pid: number, behind: string): void {
  const run = (command: string) => execFileSync('sh', ['-c', command]);
  run(`ip link add clincher0 type veth peer name clincher1 netns ${pid}`);
  run('ip addr add 198.51.100.9/30 dev clincher0 && ip link set clincher0 up');
  const inside = 'ip addr add 198.51.100.10/30 dev clincher1 && ip link set clincher1 up';
  run(`nsenter -t ${pid} -n sh -c '${inside} && ip route add ${behind} via 198.51.100.9'`);
}

/** In the place of the system's own, and that again whatever becomes of the test. */
function openTemporary() {
  const folder = tempDir();
  const { TMPDIR: before } = process.env;
  process.env.TMPDIR = folder.path;
  return {
    path: folder.path,
    [Symbol.dispose]: () => {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
      folder[Symbol.dispose]();
    },
  };
}

inOwnNetwork(import.meta.url, {}, () => {
  test('verification finds a network left on', async () => {
    const report = await reportOf({ holes: { llm: { without: ['--unshare-net'] } } });
    const found = differences(report);
    assert.deepEqual(
      found.filter((line) => !line.startsWith('llm -> ')),
      [],
    );
    includes(found, [
      "llm -> kernel rights another's net namespace: open",
      'llm -> internet tcp4 192.0.2.1:443: open',
      'llm -> internet tcp6 [2001:db8::1]:443: open',
      'llm -> internet udp4 203.0.113.1:53: open',
      'llm -> metadata tcp4 169.254.169.254:80: open',
      'llm -> host tcp4 127.0.0.1:8443: open',
    ]);
    for (const via of ['tcp4', 'tcp6', 'udp4', 'udp6', 'abstract']) {
      const canary = report.rows.find(
        (row) => row.from === 'llm' && row.via === via && row.evidence.includes('canary'),
      );
      assert.equal(canary?.observed, 'open', via);
    }
  });

  test('verification finds a cable without an address, and who answers in a network not theirs', async () => {
    const program = `
      const { createServer } = require('node:net');
      createServer().listen(9_999, '127.0.0.1', () => createServer().listen('\\0bridge'));
      process.stdin.resume().on('end', () => process.exit());
    `;
    using strangers = new DisposableStack();
    const after = (pid: number) => {
      execFileSync('ip', ['link', 'add', 'clincher2', 'type', 'veth', 'peer', 'netns', `${pid}`]);
      const argv = ['-t', `${pid}`, '-n', process.execPath, '-e', program];
      const stranger = spawn('nsenter', argv, { stdio: ['pipe', 'ignore', 'inherit'] });
      strangers.defer(() => stranger.stdin.end());
    };
    const found = differences(await reportOf({ holes: { llm: { after } } }));
    execFileSync('ip', ['link', 'del', 'clincher2']);
    assert.deepEqual(found.toSorted(), [
      'llm -> host listener 127.0.0.1 port 9999: open',
      'llm -> host listener @bridge: open',
      'llm -> kernel rights an interface besides loopback: open',
    ]);
  });

  test("verification finds a connection of the host's network that was handed in", async () => {
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const connectedTo = { host: '127.0.0.1', port };
    const report = await reportOf({ holes: { llm: { connectedTo } } });
    server.close();
    assert.deepEqual(differences(report), [
      "llm -> kernel rights connections of the host's network: open",
    ]);
    assert.ok(report.rows.some(({ evidence }) => evidence.endsWith(`to 127.0.0.1:${port}`)));
  });

  test('verification finds a way to a resolver, and that it is the only one', async () => {
    const options = ['--ro-bind', '/etc/resolv.conf', '/etc/resolv.conf'];
    const after = (pid: number) => link(pid, '192.0.2.1');
    const found = differences(await reportOf({ holes: { llm: { options, after } } }));
    includes(found, [
      'llm -> resolver dns the name clincher-probe.invalid: open',
      'llm -> resolver udp4 192.0.2.1:53: open',
      'llm -> kernel rights an interface besides loopback: open',
      'llm -> kernel rights a route: open',
    ]);
    const elsewhere = found.filter((line) => /203\.0\.113\.1|2001:db8|127\.0\.0\.1/.test(line));
    assert.deepEqual(elsewhere, []);
  });

  test("verification finds the host's temporary folder, and the canaries in it", async () => {
    using temporary = openTemporary();
    const folder = temporary.path;
    const report = await reportOf({ holes: { llm: { options: ['--bind', folder, folder] } } });
    const found = differences(report);
    includes(found, [
      `llm -> host mount ${folder}: open`,
      'llm -> host file the canary file on the host: open',
    ]);
    const path = found.find((line) => line.includes('clincher-canary-'));
    assert.match(path ?? '', /^llm -> host unix .*\/sock: open$/);
  });

  test('verification finds a way out that lets everything through', async () => {
    const found = differences(await reportOf({ answers: { egress: [200, ''] } }));
    includes(found, [
      'llm -> internet http CONNECT clincher-probe.invalid:443 through egress: open',
      'llm -> metadata http CONNECT 169.254.169.254:80 through egress: open',
      'llm -> internet http CONNECT api.provider.example:22 through egress: open',
    ]);
  });

  test('a proxy that tried and failed has not refused, and one without a reason proves nothing', async () => {
    const tried = differences(
      await reportOf({ answers: { egress: [502, 'upstream-unreachable'] } }),
    );
    assert.ok(tried.length >= 8);
    assert.ok(tried.every((line) => /^llm -> \w+ http .* through egress: open$/.test(line)));
    const silent = differences(await reportOf({ answers: { egress: [403, ''] } }));
    assert.ok(silent.length >= 8);
    assert.ok(silent.every((line) => /^llm -> \w+ http .* through egress: unknown$/.test(line)));
  });

  test('a declared host that does not answer differs, too', async () => {
    // No canary stands outside: the declared provider is down.
    const found = differences(await verifyRaw());
    assert.deepEqual(found, ['egress -> internet tcp4 198.51.100.1:443: down']);
  });

  test('what comes with the network outside is shown, in a class of its own', async () => {
    const report = await reportOf({});
    const outside = report.rows.filter(({ verdict }) => verdict === 'outside');
    assert.deepEqual([...new Set(outside.map(({ from }) => from))], ['egress']);
    includes(outside.map(shortly), [
      'egress -> internet tcp4 192.0.2.1:443: open',
      'egress -> metadata tcp4 169.254.169.254:80: open',
      'egress -> resolver dns the name clincher-probe.invalid: open',
      "egress -> kernel rights another's net namespace: open",
    ]);
    // Its files are its own even so: the path canary on the host is out of its reach.
    const path = report.rows.find(
      ({ from, via, what }) => from === 'egress' && via === 'unix' && what.includes('canary'),
    );
    assert.equal(path?.observed, 'absent');
    assert.equal(path?.verdict, 'as-declared');
  });
});
