// `clincher kuma` against a server that follows Uptime Kuma's source: it makes what is declared,
// once, and leaves alone what people made.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Secret } from '../../kit/secret.ts';
import { type KumaServer, kumaServer } from '../../testing/kuma-server.ts';
import { clincher } from '../../testing/run-program.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { userStore } from '../secrets/stores.ts';

const user = { name: 'admin', password: 'longer-than-6' };

async function kuma(url: string, what: 'plan' | 'apply', password: string | null = user.password) {
  using dir = tempDir();
  const config = join(dir.path, 'clincher.yaml');
  const lines = [
    'version: 1',
    'providers:\n  anthropic: { key: env:A }',
    'budget: { usd: 1, per: day }',
    'monitoring: { host: true }',
    'ingress: { origin: "https://box.example" }',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  if (password !== null) {
    await userStore(join(dir.path, '.clincher')).write('kuma-password', new Secret(password));
  }
  return await clincher(['kuma', what, '--config', config, '--url', url], { deadlineMs: 60_000 });
}

const urls = ({ monitors }: KumaServer) => [...monitors.values()].map(({ url }) => url).sort();

test('a fresh one gets its user and the declared checks; a second time nothing changes', async () => {
  await using server = await kumaServer();
  const planned = await kuma(server.url, 'plan');
  assert.equal(planned.code, 0, planned.stderr);
  assert.deepEqual(server.changes, [], 'a plan changes nothing');
  const first = await kuma(server.url, 'apply');
  assert.equal(first.code, 0, first.stderr);
  assert.equal(first.stdout, planned.stdout);
  assert.match(first.stderr, /it had no user yet: admin is its user now/);
  assert.deepEqual(urls(server), [
    'https://box.example/',
    'https://box.example/healthz',
    'https://box.example/metrics',
  ]);
  const done = server.changes.length;
  const second = await kuma(server.url, 'apply');
  assert.match(second.stderr, /all is as declared/);
  assert.equal(server.changes.length, done);
});

for (const version of ['2.0.0-dev.0', '2.5.3']) {
  test(`what was changed there is put right, and people's own stays: version ${version}`, async () => {
    await using server = await kumaServer({ user, version });
    server.monitors.set(900, { id: 900, name: 'mine', description: 'clinch', url: 'x' });
    await kuma(server.url, 'apply');
    const health = [...server.monitors.values()].find(({ url }) => String(url).includes('healthz'));
    assert.ok(health !== undefined);
    Object.assign(health, { interval: 3_600, notificationIDList: { 7: true } });
    server.monitors.set(901, { ...health, id: 901 });
    server.monitors.set(902, { ...health, id: 902, name: 'old', description: 'clincher:gone' });
    const { stdout, stderr } = await kuma(server.url, 'apply');
    assert.deepEqual(
      stdout.trim().split('\n'),
      [
        'changes The agent answers: interval 3600 -> 60',
        'removes The agent answers',
        'removes old',
      ],
      stderr,
    );
    assert.equal(health.interval, 3_600, 'another object');
    const now = server.monitors.get(health.id as number);
    assert.deepEqual([now?.interval, now?.notificationIDList], [60, { 7: true }]);
    assert.ok(server.monitors.has(900));
    assert.equal(server.monitors.size, 4);
  });
}

const refusals: readonly (readonly [string, () => ReturnType<typeof kuma>, RegExp, number])[] = [
  [
    'a wrong password',
    async () => {
      await using server = await kumaServer({ user });
      return await kuma(server.url, 'apply', 'another-word');
    },
    /Uptime Kuma refuses: login: authIncorrectCreds/,
    1,
  ],
  ['nobody there', () => kuma('http://127.0.0.1:9', 'plan'), /Uptime Kuma at http:\/\/127/, 3],
  [
    'a password over a network in the clear',
    () => kuma('http://status.example', 'plan'),
    /is not an https address/,
    2,
  ],
  [
    'no password',
    () => kuma('http://127.0.0.1:9', 'plan', null),
    /kuma-password is not set[\s\S]*clincher secret set kuma-password/,
    2,
  ],
];

for (const [name, work, says, exit] of refusals) {
  test(`${name} is said, and nothing is changed`, async () => {
    const { code, stderr } = await work();
    assert.match(stderr, says);
    assert.equal(code, exit);
  });
}
