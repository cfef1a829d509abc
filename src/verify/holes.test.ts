// Every hole that isolation can have, planted one at a time in real jails: verification must name
// exactly it. The clean stack must be green, or else a red one would mean nothing.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openOutside } from '../testing/canary-outside.ts';
import { inOwnNetwork } from '../testing/netns.ts';
import { rawServiceProgram } from '../testing/raw-jail-stack.ts';
import { differences, type RawCase, verifyRaw } from '../testing/raw-verification.ts';

interface HoleCase extends RawCase {
  readonly name: string;
  /** `from -> to via what: observed`, all of them and no other; a port the kernel chose is N. */
  readonly expected: readonly string[];
}

const bound = (folder: string, source: string, target: string, option = '--ro-bind') => [
  ...[option, join(folder, source), target],
];

const cases: readonly HoleCase[] = [
  {
    name: 'an extra mount',
    holes: (folder) => ({ llm: { options: bound(folder, 'planted', '/srv/extra') } }),
    expected: ['llm -> host mount /srv/extra: open'],
  },
  {
    name: "a second edge: another's socket folder is mounted",
    holes: (folder) => ({
      metrics: { options: bound(folder, 'edges/gateway--docker-proxy.api', '/srv/x') },
    }),
    expected: [
      'metrics -> docker-proxy unix /srv/x/sock: open',
      'metrics -> host mount /srv/x: open',
    ],
  },
  {
    name: 'a declared edge that leads to another service',
    holes: (folder) => ({
      gateway: { options: bound(folder, 'edges/llm--egress.proxy', '/run/clincher/out/llm.api') },
    }),
    expected: ['gateway -> egress unix /run/clincher/out/llm.api/sock: open'],
  },
  {
    name: "a readable secret of another's",
    holes: (folder) => {
      const state = join(folder, 'services/gateway/state');
      mkdirSync(state, { recursive: true });
      writeFileSync(join(state, 'notes.txt'), 'x=value-of-provider-anthropic-key-0123456789;');
      return {};
    },
    expected: ['gateway -> secret provider-anthropic-key secret /var/lib/clincher/notes.txt: open'],
  },
  {
    name: 'a secret in an environment, though it holds it',
    holes: { llm: { env: { LEAKED: 'Bearer value-of-provider-anthropic-key-0123456789' } } },
    expected: [
      'llm -> secret provider-anthropic-key secret LEAKED of process N: open',
      'llm -> kernel rights variables beyond its template: open',
    ],
  },
  {
    name: 'a secret in the arguments',
    holes: { 'docker-proxy': { argument: '--key=value-of-agent-key-0123456789' } },
    // bubblewrap's own first process shows them too.
    expected: [
      'docker-proxy -> secret agent-key secret arguments of process N: open',
      'docker-proxy -> secret agent-key secret arguments of process N: open',
    ],
  },
  {
    name: 'docker.sock mounted, under another name',
    holes: (folder) => ({ llm: { options: bound(folder, 'docker.sock', '/srv/d.sock') } }),
    expected: ['llm -> docker.sock unix /srv/d.sock: open', 'llm -> host mount /srv/d.sock: open'],
  },
  {
    name: 'a listener on the world',
    holes: { llm: { listen: ['0.0.0.0:8080'] } },
    expected: ['people -> llm listener 0.0.0.0:8080: open'],
  },
  {
    name: 'a listener of the host inherited by another service than ingress',
    holes: { metrics: { inherits: [{ host: '0.0.0.0', port: 0 }] } },
    expected: ['people -> metrics listener 0.0.0.0:N: open'],
  },
  {
    name: 'a capability left',
    holes: { llm: { options: ['--cap-add', 'CAP_NET_RAW'] } },
    // Who has more rights than the probe cannot be read by it either.
    expected: [
      'llm -> kernel rights capabilities in effect: open',
      'llm -> kernel rights capabilities that it could put into effect: open',
      'llm -> kernel rights capabilities that a program it starts would have: open',
      'llm -> kernel listener sockets that its processes hold: unknown',
    ],
  },
  {
    name: 'a host folder in place of a part of /proc, where no search for sockets or secrets goes',
    holes: (folder) => ({ 'docker-proxy': { options: bound(folder, 'planted', '/proc/fs') } }),
    expected: ['docker-proxy -> host mount /proc/fs: open'],
  },
  {
    name: "the host's devices",
    holes: { 'docker-proxy': { options: ['--dev-bind', '/dev', '/dev'] } },
    expected: [
      'docker-proxy -> host mount /dev/pts: open',
      'docker-proxy -> host mount /dev/shm: open',
      'docker-proxy -> host mount /dev: open',
    ],
  },
  {
    name: 'another folder in place of a part of the system',
    holes: (folder) => ({ gateway: { options: bound(folder, 'planted', '/etc/ssl/certs') } }),
    expected: ['gateway -> host mount /etc/ssl/certs: open'],
  },
  {
    name: "another's state in place of its own",
    holes: (folder) => ({
      llm: { options: bound(folder, 'planted', '/var/lib/clincher', '--bind') },
    }),
    expected: ['llm -> host mount /var/lib/clincher: open'],
  },
  {
    name: 'a folder of the host held open',
    holes: { metrics: { holds: ['/etc'] } },
    expected: ['metrics -> kernel rights files of the host that it holds open: open'],
  },
  {
    name: 'no limits',
    holes: { 'docker-proxy': { unbounded: true } },
    expected: [
      'docker-proxy -> kernel rights more open files than planned: open',
      'docker-proxy -> kernel rights more memory than planned: open',
      'docker-proxy -> kernel rights more processes than planned: open',
    ],
  },
  {
    name: 'every system call',
    holes: { metrics: { unfiltered: true } },
    expected: ['metrics -> kernel rights system calls that no service needs: open'],
  },
  {
    name: 'user namespaces that can be made inside',
    holes: { gateway: { without: ['--disable-userns'] } },
    expected: ['gateway -> kernel rights a user namespace of its own: open'],
  },
  {
    name: 'namespaces shared with the host',
    holes: { llm: { without: ['--unshare-ipc', '--unshare-uts'] } },
    expected: [
      "llm -> kernel rights another's ipc namespace: open",
      "llm -> kernel rights another's uts namespace: open",
    ],
  },
  {
    name: 'a writable host path',
    holes: (folder) => ({ llm: { options: bound(folder, 'planted', '/srv/w', '--bind') } }),
    expected: ['llm -> host mount /srv/w: open'],
  },
  {
    name: "a caller that can write in its callee's socket folder",
    holes: (folder) => ({
      gateway: {
        options: bound(folder, 'edges/gateway--llm.api', '/run/clincher/out/llm.api', '--bind'),
      },
    }),
    expected: ['gateway -> host write /run/clincher/out/llm.api: open'],
  },
  {
    name: 'another program at a planned place',
    holes: (folder) => {
      cpSync(rawServiceProgram, join(folder, 'planted/other.ts'));
      return {
        metrics: { options: bound(folder, 'planted/other.ts', '/opt/clincher/service.ts') },
      };
    },
    expected: ['metrics -> host mount /opt/clincher/service.ts: open'],
  },
  {
    name: 'a callee that was never started',
    leaveOut: ['docker-proxy'],
    expected: [
      'docker-proxy -> docker-proxy process the service itself: absent',
      'gateway -> docker-proxy unix /run/clincher/out/docker-proxy.api/sock: absent',
      'metrics -> docker-proxy unix /run/clincher/out/docker-proxy.admin/sock: absent',
    ],
  },
  {
    name: 'a callee that has died',
    kill: ['docker-proxy'],
    expected: [
      'docker-proxy -> docker-proxy process the service itself: absent',
      'gateway -> docker-proxy unix /run/clincher/out/docker-proxy.api/sock: down',
      'metrics -> docker-proxy unix /run/clincher/out/docker-proxy.admin/sock: down',
    ],
  },
  {
    name: 'a declared edge that was removed',
    plan: (plan) => ({
      ...plan,
      services: plan.services.map((one) => (one.name === 'gateway' ? { ...one, dials: [] } : one)),
    }),
    expected: [
      'gateway -> docker-proxy unix /run/clincher/out/docker-proxy.api/sock: absent',
      'gateway -> llm unix /run/clincher/out/llm.api/sock: absent',
    ],
  },
  {
    name: 'a model proxy that asks for no key, a Docker proxy that answers everything',
    answers: { llm: [200, ''], 'docker-proxy': [200, ''] },
    expected: [
      'gateway -> llm http POST /v1/chat/completions through llm: open',
      'gateway -> docker.sock http GET /volumes through docker-proxy: open',
      'gateway -> docker.sock http GET /v1.43/secrets through docker-proxy: open',
      'gateway -> docker.sock http POST /containers/create through docker-proxy: open',
    ],
  },
];

/** The services whose rows a case is about. */
function touched({ expected }: HoleCase): readonly string[] {
  const ends = expected.map((line) => line.split(' '));
  return [...new Set(ends.map(([from = '', , to = '']) => (from === 'people' ? to : from)))];
}

/**
 * Holes in different services are planted together, so that a stack starts for each few of them.
 */
function batchesOf(all: readonly HoleCase[]): HoleCase[][] {
  const batches: HoleCase[][] = [];
  for (const one of all) {
    const alone = one.plan ?? one.kill ?? one.leaveOut ?? one.answers;
    const free = batches.find(
      (batch) => !batch.some((other) => touched(other).some((name) => touched(one).includes(name))),
    );
    if (alone === undefined && free !== undefined) free.push(one);
    else if (alone === undefined) batches.push([one]);
  }
  const single = all.filter((one) => !batches.flat().includes(one)).map((one) => [one]);
  return [...batches, ...single];
}

function together(batch: readonly HoleCase[]): RawCase {
  const [first] = batch;
  if (first === undefined || batch.length === 1) return first ?? {};
  const holesOf = ({ holes = {} }: HoleCase, folder: string) =>
    typeof holes === 'function' ? holes(folder) : holes;
  return { holes: (folder) => Object.assign({}, ...batch.map((one) => holesOf(one, folder))) };
}

inOwnNetwork(import.meta.url, {}, () => {
  test('the clean stack is as declared', async () => {
    await using outside = await openOutside();
    const report = await verifyRaw();
    assert.deepEqual(differences(report), []);
    assert.equal(report.exitCode, 0);
    assert.ok(report.counts['as-declared'] > 300, JSON.stringify(report.counts));
    // The canaries outside are real: the one service with a way out has met them.
    assert.ok(outside.contacts.includes('tcp 192.0.2.1:443'));
  });

  for (const batch of batchesOf(cases)) {
    const names = batch.map(({ name }) => name);
    test(`verification finds ${names.join('; ')}`, async () => {
      await using _outside = await openOutside();
      const report = await verifyRaw(together(batch));
      const plain = (line: string) => line.replace(/(process |0\.0\.0\.0:)\d+:/, '$1N:');
      const wanted = batch.flatMap(({ expected }) => expected.map(plain));
      assert.deepEqual(differences(report).map(plain).toSorted(), wanted.toSorted());
      assert.equal(report.exitCode, 1);
    });
  }
});
