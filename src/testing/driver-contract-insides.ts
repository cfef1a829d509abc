// The part of the driver contract about what a service is like from inside: what it sees, and what
// it does not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { it } from 'node:test';
import type { Driver } from '../drivers/driver.ts';
import type { ClincherError } from '../kit/error.ts';
import { inside } from '../plan/paths.ts';
import { contractSecrets } from './driver-contract-secrets.ts';
import type { DriverShape } from './driver-contract-shape.ts';
import { freePort } from './free-port.ts';
import { tinyService } from './tiny-service.ts';

const look = `
import fs from 'node:fs';
import os from 'node:os';
const attempt = (work: () => unknown): unknown => {
  try { return work() ?? 'done'; } catch (error) { return (error as { code: string }).code; }
};
const own = fs.existsSync('/proc/self/status') ? 'self' : '1';
const status = fs.readFileSync('/proc/' + own + '/status', 'utf8');
console.log(JSON.stringify({
  input: probeInput,
  uid: process.getuid(),
  env: Object.keys(process.env),
  capabilities: /^CapEff:\\s*(\\S+)/m.exec(status)[1],
  filtered: /^Seccomp:\\s*2$/m.test(status),
  interfaces: Object.keys(os.networkInterfaces()),
  secrets: fs.readdirSync('${inside.secrets}'),
  secret: attempt(() => fs.readFileSync('${inside.secrets}/own-key', 'utf8')),
  file: attempt(() => fs.readFileSync('/run/clincher/told.json', 'utf8')),
  edges: [attempt(() => fs.readdirSync('/run/clincher/in')), attempt(() => fs.readdirSync('/run/clincher/out'))],
  state: attempt(() => fs.writeFileSync('${inside.state}/kept', 'x')),
  writes: ['/x', '/etc/x', '/run/x', '/usr/lib/x', '${inside.program}/src/x', '${inside.settings}',
    '${inside.secrets}/own-key', '${inside.run}/out/callee.api/sock2', '/dev/x',
    '/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/irq/default_smp_affinity']
    .filter((path) => typeof attempt(() => fs.closeSync(fs.openSync(path, 'a'))) !== 'string'
      || attempt(() => fs.closeSync(fs.openSync(path, 'a'))) === 'done'),
  foreign: ['/root', '/home', '/var/run/docker.sock', '/etc/shadow', '/etc/hostname', '/boot', '/sys', '/mnt']
    .filter((path) => fs.existsSync(path)),
}));
`;

export function describeInsides(driver: () => Driver, shape: () => DriverShape): void {
  it('shows a service what its plan gives it, and nothing else', async () => {
    await startPair(driver(), shape());
    const seen = JSON.parse(await driver().probe('caller', look, { a: [1] }, 10_000));
    assert.deepEqual(seen, {
      input: { a: [1] },
      uid: 1000,
      env: [],
      capabilities: '0000000000000000',
      filtered: true,
      interfaces: shape().interfaces.onEdge,
      secrets: ['own-key'],
      secret: contractSecrets['own-key'],
      file: `{"key":"${contractSecrets['own-key']}"}`,
      edges: shape().edgeFolders,
      state: 'done',
      writes: [],
      foreign: shape().ownPaths,
    });
  });

  it('lets a caller connect over its edge, and a stranger find nothing to connect to', async () => {
    const program = `
      import { connect } from 'node:net';
      const socket = connect(probeInput);
      socket.on('data', (text) => console.log(String(text).trim()));
      socket.on('error', (error: NodeJS.ErrnoException) => console.log(error.code));
    `;
    const { address, stranger } = shape().edge();
    assert.equal(await driver().probe('caller', program, address, 10_000), 'callee\n');
    assert.equal(await driver().probe('stranger', program, address, 10_000), `${stranger}\n`);
    await driver().apply({ kind: 'stop', name: 'stranger' });
  });

  it('goes into a service that has a way out too, and is in the network it has', async () => {
    const service = tinyService('way-out', {}, { network: 'outside' });
    await driver().apply({ kind: 'start', service });
    const program = `
      import { existsSync, readlinkSync } from 'node:fs';
      const own = existsSync('/proc/self/ns/net') ? 'self' : '1';
      console.log(process.getuid(), readlinkSync('/proc/' + own + '/ns/net'));
    `;
    const answer = await driver().probe('way-out', program, null, 10_000);
    const [process] = (await driver().inspect('way-out')).processes;
    assert.equal(answer.trim(), `1000 ${process?.namespaces.net}`);
  });

  it('tells a probe that fails or hangs from one that answers', async () => {
    const refuses = (program: string, deadlineMs: number, what: RegExp) =>
      assert.rejects(
        driver().probe('caller', program, null, deadlineMs),
        (error: ClincherError) => {
          assert.equal(error.code, 'probe-failed');
          assert.match(error.message, what);
          return true;
        },
      );
    await refuses('throw new Error("broken")', 10_000, /exit code 1: .*broken/);
    await refuses('for (;;);', 700, /took longer than 700 ms/);
    const { processes } = await driver().inspect('caller');
    assert.ok(
      processes.every((each) => !each.argv.includes('-')),
      'a probe outlived its deadline',
    );
  });

  it("runs a service's own program inside it and gives back its exit code", async () => {
    const argv = [inside.node, '-e', 'process.exit(Number(process.env.CODE) + process.getuid())'];
    assert.equal(await driver().exec('caller', argv, { CODE: '7' }), (7 + 1000) % 256);
  });

  it('reads back how a service runs, with no secret in any argv or environment', async () => {
    const { processes } = await driver().inspect('caller');
    assert.ok(processes.length > 0);
    for (const each of processes) {
      const shown = JSON.stringify([each.argv, each.env]);
      for (const value of Object.values(contractSecrets)) assert.ok(!shown.includes(value), shown);
      const { bounding: _, ...sets } = each.capabilities;
      assert.deepEqual([...new Set(Object.values(sets))], ['0000000000000000']);
      assert.equal(new Set(each.users).size, 1);
      assert.notEqual(each.users[0], 0);
      assert.equal(each.noNewPrivileges, true);
      assert.ok(each.mounts.find((mount) => mount.target === inside.settings)?.readOnly);
    }
    const [one, other] = [processes[0], (await driver().inspect('callee')).processes[0]];
    assert.notEqual(one?.namespaces.net, other?.namespaces.net);
    assert.notEqual(one?.namespaces.mnt, other?.namespaces.mnt);
    await driver().apply({ kind: 'stop', name: 'caller' });
    await driver().apply({ kind: 'stop', name: 'callee' });
  });

  it('hands over a listening socket of the world, again after a restart', async () => {
    const port = await freePort();
    const listen = { host: '127.0.0.1', port };
    const { settings, plan } = shape().door(listen);
    const service = tinyService('door', settings, plan);
    await driver().apply({ kind: 'start', service });
    assert.equal(await greeting(port), 'door\n');
    assert.deepEqual((await driver().inspect('door')).worldListeners, [`127.0.0.1:${port}`]);
    await driver().apply({ kind: 'replace', service });
    assert.equal(await greeting(port), 'door\n');
    await driver().apply({ kind: 'stop', name: 'door' });
  });

  it('says which address is taken when a listening socket cannot be opened', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { settings, plan } = shape().door({ host: '127.0.0.1', port });
    const service = tinyService('late', settings, plan);
    await assert.rejects(driver().apply({ kind: 'start', service }), (error: ClincherError) => {
      assert.equal(error.code, 'port-in-use');
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port} is taken`));
      return true;
    });
    taken.close();
  });
}

async function startPair(driver: Driver, shape: DriverShape): Promise<void> {
  const edge = shape.edge();
  const { settings, plan } = edge.callee;
  const callee = tinyService('callee', settings, { ...plan, secrets: ['other-key'] });
  const files = [{ path: '/run/clincher/told.json', content: '{"key":"{{secret:own-key}}"}' }];
  const secrets = ['own-key', 'unset-key'];
  const own = { ...edge.caller.plan, secrets, files, state: true };
  const caller = tinyService('caller', edge.caller.settings, own);
  for (const service of [callee, caller, tinyService('stranger')]) {
    await driver.apply({ kind: 'start', service });
  }
}

async function greeting(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const [text] = await once(socket, 'data', { signal: AbortSignal.timeout(10_000) });
  socket.destroy();
  return String(text);
}
