// Who is tried, and who never is: documentation ranges and declared hosts, no stranger, nothing
// twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServicePlan } from '../plan/model.ts';
import { rawStack } from '../testing/raw-jail-stack.ts';
import type { Canaries } from './canary.ts';
import type { Listener, SystemResult } from './probes/system.ts';
import { socketRows } from './socket-rows.ts';
import type { HostFacts, Surveyed } from './survey.ts';
import { type Target, targetKey } from './target.ts';
import { type Surroundings, targetsOf } from './targets.ts';

const { topology, plan } = rawStack(null, 8_443);

function system(net: string, listeners: readonly Listener[] = []): SystemResult {
  const lo = { name: 'lo', address: '127.0.0.1' };
  return {
    ...{
      uid: 1_000,
      status: {},
      namespaces: { net },
      interfaces: [lo],
      devices: [],
      unheldListeners: [],
      routes: [],
      listeners,
    },
    ...{ abstracts: [], unixPaths: [], processes: [], heldSockets: [] },
    ...{ unreadableProcesses: [], attempts: {} },
  };
}

const tcp = (address: string, port: number): Listener => ({
  ...{ protocol: 'tcp4', address, port, inode: '1' },
});

function surveyed(name: string, net: string, listeners: readonly Listener[] = []): Surveyed {
  const service = topology.services.find((each) => each.name === name);
  const planned = plan.services.find((each) => each.name === name) as ServicePlan;
  assert.ok(service);
  return {
    ...{ name, service, plan: planned, system: system(net, listeners) },
    files: { sockets: [], suspicious: [], reads: [], mounts: [], complete: true, entries: 0 },
    secrets: { hits: [], complete: true, files: 0, bytes: 0, unreadable: [] },
    inspection: {
      processes: [],
      worldListeners: [],
      worldConnections: [],
      stateIdentity: null,
      groupLimits: null,
    },
  };
}

const canaries: Canaries = {
  token: 't',
  targets: [{ kind: 'tcp', address: '127.0.0.1', port: 5, token: 't' }],
  file: '/tmp/x/file',
  tcpPort: 5,
  tcp6Port: 6,
  contacts: () => 0,
  [Symbol.asyncDispose]: async () => {},
};

function around(host: readonly Listener[], services: readonly Surveyed[]): Surroundings {
  const facts: HostFacts = {
    system: {
      ...system('host', host),
      interfaces: [
        { name: 'lo', address: '127.0.0.1' },
        { name: 'eth0', address: '203.0.113.9' },
      ],
    },
    resolvers: ['127.0.0.53'],
    identities: new Map(),
  };
  return { topology, host: facts, canaries, canariesLive: new Set(['tcp 127.0.0.1 5']), services };
}

const llm = surveyed('llm', 'net:1');
const egress = surveyed('egress', 'host');
const gateway = surveyed('gateway', 'net:2', [tcp('127.0.0.1', 18_789), tcp('0.0.0.0', 9_000)]);
const shown = (targets: readonly Target[], to: string) =>
  targets.filter((target) => target.to === to).map(({ address, port }) => `${address} ${port}`);

test('outside addresses are documentation ranges, those of metadata and the own resolvers', () => {
  const targets = targetsOf(llm, around([], [llm]));
  const known =
    /^(192\.0\.2\.1|198\.51\.100\.1|203\.0\.113\.1|2001:db8::1|169\.254\.169\.254|127\.|::1|\/)/;
  const ofClouds = /^(fd00:ec2::254|169\.254\.170\.(2|23))$/;
  const groups = /^(224\.0\.0\.25[12]|239\.255\.255\.250)$/;
  const strangers = targets.filter(
    ({ kind, address, to }) =>
      ![kind === 'name', to === 'host', known.test(address), groups.test(address)].includes(true) &&
      !(to === 'metadata' && ofClouds.test(address)),
  );
  const own = targets.filter(({ to }) => to === 'host');
  assert.ok(own.every(({ address }) => /^(127\.0\.0\.1|203\.0\.113\.9)$/.test(address)));
  assert.deepEqual(strangers, []);
  const names = targets.filter(({ kind }) => kind === 'name').map(({ address }) => address);
  assert.deepEqual(names, ['clincher-probe.invalid']);
  // Whoever is near the host would hear them.
  const told = targetsOf(egress, around([], [egress])).map(({ address }) => address);
  assert.ok(targets.some(({ address }) => groups.test(address)));
  assert.deepEqual(
    told.filter((address) => groups.test(address)),
    [],
  );
});

test('only who has the declared edge tries the declared host, at its port and given address', () => {
  const all = around([], [llm, egress]);
  const declared = (from: Surveyed) =>
    targetsOf(from, all).filter((target) => target.declared !== null);
  assert.deepEqual(declared(llm), []);
  const [only, ...more] = declared(egress);
  assert.deepEqual(more, []);
  assert.deepEqual(
    [only?.address, only?.port, only?.declared?.by, only?.comesWithOutside],
    ['198.51.100.1', 443, 'egress--internet.tcp', false],
  );
});

test('every port of the host is tried at every address where it listens, a canary once', () => {
  const host = [tcp('0.0.0.0', 22), tcp('127.0.0.1', 80), tcp('127.0.0.1', 5)];
  const targets = targetsOf(llm, around(host, [llm]));
  assert.deepEqual(shown(targets, 'host'), [
    ...['127.0.0.1 5', '127.0.0.1 9', '203.0.113.9 9'],
    ...['127.0.0.1 22', '203.0.113.9 22', '127.0.0.1 80'],
  ]);
  const keys = targets.map((target) => `${target.to} ${targetKey(target)}`);
  assert.equal(new Set(keys).size, keys.length);
});

test('every listener of another service is tried, known to be up', () => {
  const targets = targetsOf(llm, around([], [llm, gateway]));
  assert.deepEqual(shown(targets, 'gateway'), ['127.0.0.1 18789', '127.0.0.1 9000']);
  assert.ok(targets.filter(({ to }) => to === 'gateway').every(({ live }) => live));
});

test('only a service that was planned outside, and is, gets rows of that class', () => {
  const stray = surveyed('llm', 'host');
  const all = around([tcp('0.0.0.0', 22)], [llm, egress, stray]);
  const withOutside = (from: Surveyed) =>
    targetsOf(from, all).some(({ comesWithOutside }) => comesWithOutside);
  assert.equal(withOutside(egress), true);
  assert.equal(withOutside(llm), false);
  // llm in the host's network without being planned there: every open target is a difference.
  assert.equal(withOutside(stray), false);
});

test('the path of a canary never comes with the network', () => {
  const path = { kind: 'unix', address: '/tmp/x/sock', port: 0, token: 't' } as const;
  const all = { ...around([], [egress]), canaries: { ...canaries, targets: [path] } };
  const target = targetsOf(egress, all).find(({ address }) => address === path.address);
  assert.equal(target?.comesWithOutside, false);
});

test('what takes datagrams is tried, and what listens under a name without a file', () => {
  const dns: Listener = { ...tcp('0.0.0.0', 53), protocol: 'udp4' };
  const named = (one: Surveyed): Surveyed => ({
    ...one,
    system: { ...one.system, abstracts: ['bus'], listeners: [dns] },
  });
  const all = around([dns], [llm, named(gateway)]);
  const host = { ...all.host, system: { ...all.host.system, abstracts: ['shim'] } };
  const targets = targetsOf(llm, { ...all, host });
  const seen = (to: string) =>
    targets
      .filter((target) => target.to === to && target.port !== 9 && target.token === null)
      .map(({ via, address }) => `${via} ${address}`);
  assert.deepEqual(seen('host'), ['udp4 127.0.0.1', 'udp4 203.0.113.9', 'abstract shim']);
  assert.deepEqual(seen('gateway'), ['udp4 127.0.0.1', 'abstract bus']);
});

test("an address of the host's link is tried on each interface of one's own, or on the host's", () => {
  const all = around([], [llm, egress]);
  const eth0 = { name: 'eth0', address: 'fe80::1' };
  const host = { ...all.host, system: { ...all.host.system, interfaces: [eth0] } };
  const tried = (devices: readonly string[]) =>
    shown(targetsOf({ ...llm, system: { ...llm.system, devices } }, { ...all, host }), 'host');
  assert.deepEqual(tried(['lo']), ['127.0.0.1 5', 'fe80::1%lo 9']);
  assert.deepEqual(tried(['lo', 'eth1', 'x']), ['127.0.0.1 5', 'fe80::1%eth1 9', 'fe80::1%x 9']);
  assert.deepEqual(tried(['lo', 'eth0', 'x']), ['127.0.0.1 5', 'fe80::1%eth0 9']);
});

test('a walk that a bound ended is a difference, also where every other service was seen', () => {
  const rowsOf = (complete: boolean) => {
    const from = { ...llm, files: { ...llm.files, complete } };
    const { topology: all, host } = around([], []);
    return socketRows(from, { topology: all, host, services: [from], unasked: [] });
  };
  const unseen = rowsOf(false).filter(({ what }) => what === 'sockets in all of its files');
  assert.deepEqual(
    unseen.map(({ observed, verdict }) => [observed, verdict]),
    [['unknown', 'difference']],
  );
  assert.ok(rowsOf(true).every(({ what }) => what !== 'sockets in all of its files'));
});
