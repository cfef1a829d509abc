// Nothing that verification is made of can be left out of it, and no row of any table of attacks
// can stay green where what it tries succeeds.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { Secret } from '../kit/secret.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { Plan } from '../plan/model.ts';
import { exampleMachine } from '../testing/example-machine.ts';
import { dockerSandbox, exampleOptions, exampleSandbox } from '../testing/example-options.ts';
import { grantingDriver } from '../testing/granting-driver.ts';
import { inOwnNetwork } from '../testing/netns.ts';
import type { SandboxOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { attackTables } from './attacks/index.ts';
import type { Row } from './model.ts';
import { attackRows } from './run-attacks.ts';
import { verify } from './verify.ts';

function stackWith(sandbox: SandboxOptions) {
  const ingress = { ...exampleOptions().ingress, listen: { host: '127.0.0.1', port: 1 } };
  const topology = standardTopology(exampleOptions({ sandbox, ingress }));
  return { topology, plan: makePlan(topology, exampleMachine()) };
}

/** As containers have it, as far as verification looks. */
function inContainers(plan: Plan): Plan {
  const container = { image: 'i', imageIds: ['i'], user: { uid: 1, gid: 1 }, groups: [] };
  return { ...plan, services: plan.services.map((one) => ({ ...one, container })) };
}

const parts: Readonly<Record<string, (row: Row) => boolean>> = {
  runningRows: ({ to, via }) => to === 'stranger' && via === 'process',
  doorRows: ({ from, via, what }) => `${from} ${via} ${what}` === 'people tcp4 127.0.0.1:1',
  outsideRows: ({ what }) => what === 'port 2375 from outside',
  privateRows: ({ from, via }) => from === 'people' && via === 'file',
  reachRows: ({ what }) => what === 'a canary at 127.0.0.1',
  questionRows: ({ via }) => via === 'http',
  socketRows: ({ what }) => what.startsWith('/run/clincher/out/'),
  listenerRows: ({ via }) => via === 'listener',
  secretRows: ({ via }) => via === 'secret',
  fileRows: ({ from, via }) => from !== 'people' && via === 'file',
  rightRows: ({ what }) => what === 'new privileges',
  containerRows: ({ what }) => what === 'another image than the planned one',
  attackRows: ({ via }) => via === 'attack',
};

inOwnNetwork(import.meta.url, {}, () => {
  test('every part of verification is in the report', async () => {
    const { topology, plan } = stackWith(dockerSandbox('/var/run/docker.sock'));
    const planned = inContainers(plan);
    const driver = grantingDriver({
      ...planned,
      services: planned.services.concat(
        planned.services.slice(0, 1).map((one) => ({ ...one, name: 'stranger' })),
      ),
    });
    const stateDir = mkdtempSync('/tmp/clincher-assembly-');
    const secrets = new Map([['agent-key', new Secret('value-of-agent-key')]]);
    const options = { secrets, forbiddenPaths: [], stateDir, attacks: true };
    const { rows } = await verify(topology, planned, driver, options);
    rmSync(stateDir, { recursive: true });
    const missing = Object.keys(parts).filter((part) => !rows.some((row) => parts[part]?.(row)));
    assert.deepEqual(missing, []);
  });

  test('every row of every table of attacks is red where it succeeds', async () => {
    const stacks = [
      stackWith(dockerSandbox('/var/run/docker.sock')),
      stackWith(exampleSandbox({ backend: 'ssh' })),
    ];
    const tried: Row[] = [];
    for (const { topology, plan } of stacks)
      tried.push(...(await attackRows(topology, plan, grantingDriver(plan), 5_000)));
    // Nobody listens where people would: those have a hole of their own (selftest/holes.ts).
    const isOutside = ({ from, to }: Row) => from === 'people' && to === 'ingress';
    const green = tried.filter((row) => row.observed !== 'open' && !isOutside(row));
    assert.deepEqual(
      green.map(({ what, evidence }) => `${what}: ${evidence}`),
      ['the canary they aim at: it was met 0 times', 'the canary they aim at: it was met 0 times'],
    );
    const named = new Set(tried.map(({ what }) => what.replace(': in a command, ', ': ')));
    const untried = attackTables.flatMap(({ class: name, attacks }) =>
      attacks.map(({ tries }) => `${name}: ${tries}`).filter((what) => !named.has(what)),
    );
    assert.deepEqual(untried, []);
  });
});
