// What is tried at the addresses that other machines know, and what an answer there means.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from './model.ts';
import { outsideRows } from './outside-rows.ts';
import type { Probes } from './probe-program.ts';
import type { HostFacts, Surveyed } from './survey.ts';

const outsideAddress = '198.51.100.1';

interface Case {
  readonly published?: readonly string[];
  readonly planned?: string;
  readonly driver?: 'docker' | 'swarm';
  /** Of other programs of the host. */
  readonly listening?: readonly string[];
  /** Where somebody answers. */
  readonly answers?: readonly string[];
}

async function rowsOf(change: Case): Promise<readonly Row[]> {
  const { published = [], planned = '127.0.0.1', listening = [], answers = [] } = change;
  const { driver = 'docker' } = change;
  const service = {
    name: 'ingress',
    plan: { container: {}, inherits: [{ host: planned, port: 8_443 }] },
    inspection: { worldListeners: published },
  } as unknown as Surveyed;
  const listeners = listening.map((address) => ({ address, port: 8_443 }));
  const interfaces = ['127.0.0.1', '::1', 'fe80::1', outsideAddress, '2001:db8::1'].map(
    (address) => ({ name: 'any', address }),
  );
  const host = { system: { interfaces, listeners } } as unknown as HostFacts;
  const probes = {
    reach: async (_: string, { targets }: Parameters<Probes['reach']>[1]) =>
      targets.map(({ id, address, port }) => {
        const code = answers.includes(`${address} ${port}`) ? 'connected' : 'ECONNREFUSED';
        return { id, code, answer: '' };
      }),
  } as unknown as Probes;
  const waits = { deadlineMs: 1, answerMs: 1 };
  return await outsideRows(probes, [service], { topology: { driver }, host, waits });
}

function told(rows: readonly Row[]): readonly string[] {
  return rows.map(({ to, via, what, observed, verdict }) =>
    [to, via, what.split(' ')[1], observed, verdict].join(' '),
  );
}

test('nobody answers where nothing is published, whichever address others know', async () => {
  assert.deepEqual(told(await rowsOf({})), [
    'ingress tcp4 8443 absent as-declared',
    'docker.sock tcp4 2375 absent as-declared',
    'ingress tcp6 8443 absent as-declared',
    'docker.sock tcp6 2375 absent as-declared',
  ]);
});

test('a port that answers there differs, whatever Docker says of it', async () => {
  const [row] = await rowsOf({ answers: [`${outsideAddress} 8443`] });
  assert.equal(row?.verdict, 'difference');
  assert.equal(row?.evidence, `it answers at ${outsideAddress}`);
});

test('a port that Docker alone says is published is tried, too', async () => {
  const rows = await rowsOf({ published: ['0.0.0.0:9000'], answers: [`${outsideAddress} 9000`] });
  assert.ok(told(rows).includes('ingress tcp4 9000 open difference'));
});

test('a daemon that anybody may ask differs', async () => {
  const rows = await rowsOf({ answers: ['2001:db8::1 2375'] });
  assert.ok(told(rows).includes('docker.sock tcp6 2375 open difference'));
});

test('what is declared for the world is not tried as if it were not', async () => {
  const rows = await rowsOf({ planned: '0.0.0.0', answers: [`${outsideAddress} 8443`] });
  assert.ok(!told(rows).some((line) => line.startsWith('ingress tcp4')));
});

test('what Swarm publishes it does at each address, of either family', async () => {
  const answers = ['2001:db8::1 8443', '2001:db8::1 9000'];
  const published = ['[::]:9000'];
  const planned = '0.0.0.0';
  const alone = told(await rowsOf({ planned, published, answers }));
  assert.ok(alone.includes('ingress tcp6 8443 open difference'));
  const swarm = told(await rowsOf({ planned, published, answers, driver: 'swarm' }));
  assert.ok(!swarm.some((line) => line.includes(' 8443 ')));
  assert.ok(swarm.includes('ingress tcp6 9000 open difference'));
});

test('another program that listens at an address of its own is nobody’s hole', async () => {
  const listening = [outsideAddress];
  const answers = [`${outsideAddress} 8443`];
  assert.ok(!told(await rowsOf({ listening, answers })).some((line) => /^ingress tcp4/.test(line)));
  // Unless Docker has published it there.
  const published = [`${outsideAddress}:8443`];
  const rows = await rowsOf({ listening, answers, published });
  assert.ok(told(rows).includes('ingress tcp4 8443 open difference'));
});
