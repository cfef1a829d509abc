// Rights: each one beyond the template is found, less than the template is fine.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleTopology, withRights } from '../testing/example-topology.ts';
import { found } from '../testing/findings.ts';
import type { Rights } from '../topology/model.ts';

const excesses: readonly (readonly [string, Partial<Rights>, string])[] = [
  ['llm', { capabilities: ['CAP_NET_ADMIN'] }, 'the capability CAP_NET_ADMIN'],
  ['egress', { writable: ['/tmp', '/var/lib/clincher'] }, '/var/lib/clincher writable'],
  ['gateway', { writable: ['/tmp/..'] }, '/tmp/.. writable'],
  ['metrics', { writable: ['/tmpfiles'] }, '/tmpfiles writable'],
  [
    'gateway',
    { mounts: [{ source: '/home', target: '/mnt', readOnly: true }] },
    'the mount /home at /mnt',
  ],
  [
    'ingress',
    { memoryBytesMax: 2 ** 40 },
    'memory bytes 1099511627776, where 536870912 is the most',
  ],
  ['llm', { cpusMax: 64 }, 'processors 64, where 1 is the most'],
  ['llm', { processesMax: 65 }, 'processes 65, where 64 is the most'],
  ['llm', { filesMax: Number.NaN }, 'open files NaN, where 4096 is the most'],
  [
    'notes',
    { processesMax: Number.POSITIVE_INFINITY },
    'processes Infinity, where 256 is the most',
  ],
];

for (const [name, rights, what] of excesses) {
  test(`more than its template is found: ${what}`, () => {
    const topology = exampleTopology();
    const role = topology.services.find((one) => one.name === name)?.run.role;
    assert.deepEqual(found(withRights(topology, name, rights)), [
      `fatal rights ${name}: ${name} has more than a service of role ${role} needs: ${what}`,
    ]);
  });
}

test('less than the template is fine', () => {
  const less = { writable: ['/tmp/one'], memoryBytesMax: 1, cpusMax: 0.1, filesMax: 3 };
  assert.deepEqual(found(withRights(exampleTopology(), 'llm', less)), []);
});

test("a CA file that llm's settings name may be mounted, read-only", () => {
  const mount = { source: '/srv/ca.pem', target: '/run/clincher/ca/x.pem', readOnly: true };
  assert.equal(found(withRights(exampleTopology(), 'llm', { mounts: [mount] })).length, 1);
});
