// The endpoints for keys and spending: LiteLLM's shapes, values shown once, budgets that follow a
// key through every change of it, and fields that mean nothing here refused by name.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { systemWorld } from '../../../kit/world.ts';
import { createTelemetry } from '../../../telemetry/telemetry.ts';
import { budget, claim, route, settlement, walletBench } from '../../../testing/wallets.ts';
import { SecretFiles } from '../credentials.ts';
import { LedgerWallet } from '../money/wallet.ts';
import { type AdminAnswer, type AdminHouse, answerAdmin } from './admin-api.ts';
import { isAdminPath } from './admin-paths.ts';
import { Keys } from './keys.ts';

interface Bench extends Disposable {
  readonly house: AdminHouse;
  readonly stateDir: string;
  readonly keys: Keys;
  pass(ms: number): void;
  post(path: string, body: unknown): Promise<AdminAnswer & { body: Record<string, unknown> }>;
  get(path: string): Promise<AdminAnswer & { body: Record<string, unknown> }>;
  spend(key: string, nanoUsd: number, changes?: Parameters<typeof claim>[1]): Promise<string>;
}

function bench(): Bench {
  const at = walletBench();
  const { stateDir, clock } = at;
  const secretsDir = join(stateDir, 'secrets');
  mkdirSync(secretsDir);
  writeFileSync(join(secretsDir, 'agent-key'), 'sk-declared');
  writeFileSync(join(secretsDir, 'master-key'), 'sk-master');
  const now = () => clock.wallMs;
  const world = { ...systemWorld(), now, monotonicMs: () => clock.monotonicMs };
  const telemetry = createTelemetry('llm', 'llm', () => {}, now);
  const declared = { name: 'agent', secret: 'agent-key', caller: 'gateway', models: null };
  const { id: _, ...whole } = budget(1_000_000_000_000, { window: 'total' });
  const budgets = [
    whole as { by: 'all'; name: null; limitNanoUsd: number; window: 'total'; at: '' },
  ];
  const settings = { stateDir, keys: [declared], budgets, rates: [], masterKey: 'master-key' };
  const keys = new Keys(settings, stateDir, new SecretFiles(secretsDir), world);
  const rules = (key: string) => keys.rules(key);
  const wallet = new LedgerWallet({ stateDir, ledgerBytesMax: 1e8 }, rules, world, telemetry.log);
  const house = { settings, world, telemetry, wallet, keys };
  const ask = async (method: string, path: string, body: unknown) => {
    const url = new URL(path, 'http://llm');
    assert.ok(isAdminPath(method, url.pathname), `${method} ${path}`);
    const request = { method, path: url.pathname, query: url.searchParams, body };
    return (await answerAdmin(house, request)) as AdminAnswer & { body: Record<string, unknown> };
  };
  return {
    ...{ house, stateDir, keys, pass: at.pass },
    post: (path, body) => ask('POST', path, body),
    get: (path) => ask('GET', path, null),
    async spend(key, nanoUsd, changes = {}) {
      const result = await wallet.reserve(claim(nanoUsd, { key, ...changes }));
      if ('denied' in result) return result.denied.reason;
      wallet.settle(result.reservation, settlement(nanoUsd, { route: route(0, 'p', 'm') }));
      return 'spent';
    },
    [Symbol.dispose]() {
      wallet[Symbol.dispose]();
      keys[Symbol.dispose]();
      at[Symbol.dispose]();
    },
  };
}

function found(keys: Keys, value: unknown, caller = 'gateway'): string {
  const lookup = keys.find(caller, String(value));
  return 'found' in lookup ? lookup.found.name : lookup.refused;
}

test('a key is made, is good, is shown once and never kept', async () => {
  using at = bench();
  const made = await at.post('/key/generate', {
    ...{ key_alias: 'ci', models: ['m'], max_budget: 10, budget_duration: '30d' },
    ...{ rpm_limit: 5, metadata: { team: 'a' }, duration: '90d' },
  });
  assert.equal(made.status, 200);
  const { key, name, token } = made.body;
  assert.match(String(key), /^sk-[\w-]{43}$/);
  assert.equal(found(at.keys, key), name);
  const { body } = await at.get(`/key/info?key=${key}`);
  const info = body.info as Record<string, unknown>;
  assert.deepEqual(
    [info.key_alias, info.models, info.max_budget, info.budget_duration, info.rpm_limit],
    ['ci', ['m'], 10, '30d', 5],
  );
  assert.equal((await at.get('/key/info?key=ci')).body.key, token);
  assert.equal(JSON.stringify(body).includes(String(key)), false);
  for (const file of readdirSync(at.stateDir)) {
    if (file === 'secrets') continue;
    assert.equal(readFileSync(join(at.stateDir, file)).includes(String(key)), false, file);
  }
});

test('budgets of a key hold: in all, in each window and for each model', async () => {
  using at = bench();
  const { body } = await at.post('/key/generate', {
    ...{ max_budget: 0.000_000_1, budget_limits: [{ budget_duration: '1h', max_budget: 5e-8 }] },
    model_max_budget: { m: { budget_limit: 3e-8, time_period: '1d' } },
  });
  const name = String(body.name);
  const other = { routes: [route(10, 'p', 'other')] };
  assert.equal(await at.spend(name, 31), 'budget-exhausted');
  assert.equal(await at.spend(name, 30), 'spent');
  assert.equal(await at.spend(name, 1), 'budget-exhausted');
  assert.equal(await at.spend(name, 10, other), 'spent');
  assert.equal(await at.spend(name, 11, { routes: [route(11, 'p', 'other')] }), 'budget-exhausted');
  at.pass(3_600_000);
  assert.equal(await at.spend(name, 1), 'budget-exhausted');
  for (let n = 0; n < 5; n++) assert.equal(await at.spend(name, 10, other), 'spent');
  at.pass(86_400_000);
  assert.equal(await at.spend(name, 10, other), 'spent');
  assert.equal(await at.spend(name, 1), 'budget-exhausted');
  const { info } = (await at.get(`/key/info?key=${name}`)).body as { info: { spend: number } };
  assert.equal(info.spend, 1e-7);
});

test('a new value keeps the name and what was spent; the old one is nobody’s', async () => {
  using at = bench();
  const { body } = await at.post('/key/generate', { max_budget: 1e-7, key_alias: 'ci' });
  assert.equal(await at.spend(String(body.name), 100), 'spent');
  const again = await at.post('/key/regenerate', { key: 'ci' });
  assert.notEqual(again.body.key, body.key);
  assert.equal(again.body.name, body.name);
  assert.equal(found(at.keys, body.key), 'key-unknown');
  assert.equal(found(at.keys, again.body.key), body.name);
  assert.equal(await at.spend(String(body.name), 1), 'budget-exhausted');
  const third = await at.post(`/key/${again.body.token}/regenerate`, { max_budget: 2e-7 });
  assert.equal(found(at.keys, third.body.key), body.name);
  assert.equal(await at.spend(String(body.name), 100), 'spent');
});

test('a key is blocked, freed, out of time, good for one caller only, and deleted', async () => {
  using at = bench();
  const { body } = await at.post('/key/generate', { duration: '1h', caller: 'gateway' });
  const { key } = body;
  assert.equal(found(at.keys, key, 'other'), 'key-unknown');
  const blocked = await at.post('/key/block', { key });
  assert.equal(blocked.body.blocked, true);
  assert.equal(found(at.keys, key), 'key-blocked');
  await at.post('/key/unblock', { key });
  assert.equal(found(at.keys, key), body.name);
  at.pass(3_600_000);
  assert.equal(found(at.keys, key), 'key-expired');
  await at.post('/key/update', { key, duration: '-1' });
  assert.equal(found(at.keys, key), body.name);
  const nobody = await at.post('/key/delete', { keys: [key, 'sk-nobody'] });
  assert.deepEqual([nobody.status, found(at.keys, key)], [404, body.name]);
  assert.deepEqual((await at.post('/key/delete', { keys: [key] })).body, { deleted_keys: [key] });
  assert.equal(found(at.keys, key), 'key-unknown');
});

test('keys are listed by pages, and every change of one stays on file', async () => {
  using at = bench();
  for (let n = 0; n < 12; n++) await at.post('/key/generate', { key_alias: `k${n}` });
  const { body } = await at.get('/key/list?page=2&size=10&return_full_object=true');
  const aliases = (body.keys as { key_alias: string }[]).map(({ key_alias }) => key_alias);
  assert.deepEqual([aliases, body.total_count, body.total_pages], [['k10', 'k11'], 12, 2]);
  await at.post('/key/delete', { key_aliases: ['k3'] });
  using database = new DatabaseSync(join(at.stateDir, 'keys.sqlite'));
  const rows = database.prepare('SELECT action FROM changes ORDER BY seq').all();
  assert.deepEqual([rows.length, rows.at(-1)?.action], [13, 'delete']);
  assert.throws(() => database.exec('DELETE FROM changes'), /only added/);
});

test('what has no meaning here is refused by name', async () => {
  using at = bench();
  const rows: readonly (readonly [string, unknown, RegExp])[] = [
    ['/key/generate', { team_id: 'a', user_id: 'b' }, /`team_id`.*`user_id`/],
    ['/key/generate', { max_budget: -1 }, /`max_budget`/],
    ['/key/generate', { budget_duration: 'monthly' }, /`budget_duration`: must be a number and/],
    ['/key/generate', [], /JSON object/],
    ['/key/update', { max_budget: 1 }, /`key` must name/],
    ['/key/block', { key: 'x', why: 'y' }, /`why`/],
    ['/key/delete', {}, /must name some/],
  ];
  for (const [path, body, message] of rows) {
    const answer = await at.post(path, body);
    assert.equal(answer.status, 400, path);
    assert.match((answer.body.error as { message: string }).message, message);
  }
  assert.equal((await at.get('/key/list?team_id=1')).status, 400);
  assert.equal((await at.get('/key/info?key=sk-nobody')).status, 404);
  await at.post('/key/generate', { key_alias: 'one' });
  assert.equal((await at.post('/key/generate', { key_alias: 'one' })).status, 400);
});

test('a change by another process is taken in within a second', async () => {
  using at = bench();
  const { body } = await at.post('/key/generate', {});
  using other = new Keys(
    { keys: [], budgets: [], rates: [], masterKey: null },
    at.stateDir,
    new SecretFiles(at.stateDir),
    systemWorld(),
  );
  const { KeyAdmin } = await import('./key-admin.ts');
  const book = other.book();
  assert.ok(book !== null);
  new KeyAdmin(book, systemWorld()).block(String(body.key), true);
  at.pass(1_000);
  assert.equal(found(at.keys, body.key), 'key-blocked');
});

test('the master key is known, and is no virtual key', () => {
  using at = bench();
  assert.deepEqual([at.keys.isMaster('sk-master'), at.keys.isMaster('sk-declared')], [true, false]);
  assert.equal(found(at.keys, 'sk-master'), 'key-unknown');
  assert.equal(found(at.keys, 'sk-declared'), 'agent');
});

test('what was spent is told by call and by group', async () => {
  using at = bench();
  const { body } = await at.post('/key/generate', {});
  const name = String(body.name);
  await at.spend(name, 5, { requestId: 'one', session: 's', heartbeat: true });
  await at.spend('agent', 7, { requestId: 'two' });
  const logs = (await at.get('/spend/logs')).body as unknown as Record<string, unknown>[];
  assert.deepEqual(
    logs.map(({ request_id, api_key, spend_nano_usd }) => [request_id, api_key, spend_nano_usd]),
    [
      ['two', 'agent', 7],
      ['one', name, 5],
    ],
  );
  const mine = (await at.get(`/spend/logs?api_key=${body.key}&start_date=2026-11-22`)).body;
  assert.equal((mine as unknown as unknown[]).length, 1);
  const none = (await at.get('/spend/logs?end_date=2026-11-21')).body;
  assert.deepEqual(none, []);
  const report = (await at.get('/global/spend/report?group_by=api_key')).body;
  const rows = report as unknown as Record<string, unknown>[];
  assert.deepEqual(
    rows.map(({ api_key, total_cost_nano_usd, calls }) => [api_key, total_cost_nano_usd, calls]),
    [
      ['agent', 7, 1],
      [name, 5, 1],
    ],
  );
  const [ofAgent] = rows.map(({ model_details }) => model_details as Record<string, unknown>[]);
  assert.deepEqual(
    ofAgent?.map(({ model, total_cost }) => [model, total_cost]),
    [['m', 7e-9]],
  );
  const days = (await at.get('/global/spend/report')).body as unknown as DayReport[];
  assert.deepEqual(
    days.map(({ group_by_day, teams: [team] }) => [group_by_day.slice(11), team?.total_spend]),
    [['00:00:00.000Z', 12e-9]],
  );
  assert.deepEqual(
    days[0]?.teams[0]?.metadata.map(({ api_key, spend }) => [api_key, spend]),
    [
      ['agent', 7e-9],
      [name, 5e-9],
    ],
  );
  assert.equal((await at.get('/global/spend/report?group_by=user')).status, 400);
});

interface DayReport {
  readonly group_by_day: string;
  readonly teams: readonly {
    readonly total_spend: number;
    readonly metadata: readonly { readonly api_key: string; readonly spend: number }[];
  }[];
}
