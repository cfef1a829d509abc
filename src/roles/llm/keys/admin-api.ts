// The endpoints for keys and spending, for whoever holds the master key: LiteLLM's paths, fields
// and shapes. What it has and we have not is refused by name.

import type { World } from '../../../kit/world.ts';
import type { Telemetry } from '../../../telemetry/telemetry.ts';
import type { KeySettings } from '../money/settings.ts';
import type { LedgerWallet } from '../money/wallet.ts';
import { askCalls, askDetails, askGroups, type SpendGroupRow } from '../spend/ask-ledger.ts';
import { callJson, dayReport, groupJson, modelDetails } from '../spend/spend-json.ts';
import type { SpendFilter, SpendGroup } from '../spend/spend-query.ts';
import { type AdminRoute, adminRoute, regeneratePath } from './admin-paths.ts';
import { KeyAdmin, KeyFault } from './key-admin.ts';
import { readChanges } from './key-change.ts';
import { keyJson } from './key-json.ts';
import type { KeyRecord } from './key-record.ts';
import type { Keys } from './keys.ts';

export interface AdminHouse {
  readonly keys: Keys;
  readonly wallet: LedgerWallet;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly settings: { readonly stateDir: string; readonly keys: readonly KeySettings[] };
}

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Parsed; null where there was none. */
  readonly body: unknown;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

type Handler = (
  house: AdminHouse,
  admin: KeyAdmin,
  request: AdminRequest,
) => AdminAnswer | Promise<AdminAnswer>;

const routes: Readonly<Record<AdminRoute, Handler>> = {
  'POST /key/generate': (_house, admin, { body }) => {
    const { record, value } = admin.generate(changesIn(body, []));
    return ok({ key: value, ...keyJson(record, 0) });
  },
  'GET /key/info': (house, admin, { query }) => {
    const key = admin.find(one(query, 'key'));
    return ok({ key: key.digest, info: shown(house, key) });
  },
  'POST /key/update': (house, admin, { body }) => {
    const key = admin.update(keyIn(body), changesIn(body, ['key']));
    return ok({ key: key.digest, ...shown(house, key) });
  },
  'POST /key/delete': (_house, admin, { body }) => {
    const wanted = [...listIn(body, 'keys'), ...listIn(body, 'key_aliases')];
    if (wanted.length === 0) throw new KeyFault(400, '`keys` or `key_aliases` must name some');
    // All are looked up first: half a deletion would be worse than none.
    const digests = wanted.map((which) => admin.find(which).digest);
    for (const digest of new Set(digests)) admin.delete(digest);
    return ok({ deleted_keys: wanted });
  },
  'POST /key/block': (house, admin, { body }) =>
    ok(shown(house, admin.block(keyIn(body, true), true))),
  'POST /key/unblock': (house, admin, { body }) =>
    ok(shown(house, admin.block(keyIn(body, true), false))),
  'POST /key/regenerate': (house, admin, { body }) => regenerate(house, admin, keyIn(body), body),
  'GET /key/list': (house, admin, { query }) => list(house, admin, query),
  'GET /spend/logs': async (house, admin, { query }) => spendLogs(house, admin, query),
  'GET /global/spend/report': async (house, _admin, { query }) => report(house, query),
};

/** The caller holds the master key. Never rejects. */
export async function answerAdmin(house: AdminHouse, request: AdminRequest): Promise<AdminAnswer> {
  const { method, path, body } = request;
  const book = house.keys.book();
  if (book === null) return fault(503, 'the file of the keys cannot be opened');
  const admin = new KeyAdmin(book, house.world);
  try {
    const route = adminRoute(method, path);
    if (route !== null) return await routes[route](house, admin, request);
    const which = decodeURIComponent(regeneratePath.exec(path)?.[1] ?? '');
    return regenerate(house, admin, which, body);
  } catch (error) {
    if (error instanceof KeyFault) return fault(error.status, error.message);
    const why = error instanceof Error ? error.message : String(error);
    house.telemetry.log.error('admin-failed', { path, error: why });
    return fault(503, 'it could not be done; the log of llm says why');
  }
}

function regenerate(house: AdminHouse, admin: KeyAdmin, which: string, body: unknown): AdminAnswer {
  const { record, value } = admin.regenerate(which, changesIn(body ?? {}, ['key']));
  return ok({ key: value, ...shown(house, record) });
}

function list(house: AdminHouse, admin: KeyAdmin, query: URLSearchParams): AdminAnswer {
  refuseUnknown(query, ['page', 'size', 'return_full_object', 'key_alias', 'key_hash']);
  const alias = query.get('key_alias');
  const digest = query.get('key_hash');
  const found = admin
    .all()
    .filter((key) => alias === null || key.alias === alias)
    .filter((key) => digest === null || key.digest === digest);
  const [page, size] = [whole(query, 'page', 1, 1_000_000), whole(query, 'size', 10, 1_000)];
  const some = found.slice((page - 1) * size, page * size);
  const full = query.get('return_full_object') === 'true';
  const keys = some.map((key) => (full ? shown(house, key) : key.digest));
  const total_pages = Math.ceil(found.length / size);
  return ok({ keys, total_count: found.length, current_page: page, total_pages });
}

async function spendLogs(
  house: AdminHouse,
  admin: KeyAdmin,
  query: URLSearchParams,
): Promise<AdminAnswer> {
  refuseUnknown(query, ['api_key', 'request_id', 'start_date', 'end_date', 'limit']);
  const which = query.get('api_key');
  const { stateDir } = house.settings;
  const filter: SpendFilter = {
    ...range(query, house.world.now()),
    key: which === null ? undefined : nameOf(house, admin, which),
    requestId: query.get('request_id') ?? undefined,
  };
  const calls = await askCalls({ stateDir, filter, rowsMax: whole(query, 'limit', 100, 10_000) });
  return ok(calls.map(callJson));
}

const groups: Readonly<Record<string, SpendGroup>> = {
  api_key: 'key',
  model: 'model',
  provider: 'provider',
  session: 'session',
  day: 'day',
  hour: 'hour',
};

async function report(house: AdminHouse, query: URLSearchParams): Promise<AdminAnswer> {
  refuseUnknown(query, ['start_date', 'end_date', 'group_by']);
  const key = query.get('group_by') ?? 'team';
  const by = Object.hasOwn(groups, key) ? groups[key] : undefined;
  if (by === undefined && key !== 'team') {
    const known = ['team', ...Object.keys(groups)].join(', ');
    throw new KeyFault(400, `\`group_by\` must be one of ${known}`);
  }
  const { stateDir } = house.settings;
  const asked = { stateDir, filter: range(query, house.world.now()), rowsMax: 10_000 };
  if (by === undefined) return ok(dayReport(await askDetails(asked)));
  const rows = await askGroups({ ...asked, by });
  if (by !== 'key') return ok(rows.map((row) => groupJson(key, row)));
  const details = Map.groupBy(await askDetails(asked), (detail) => detail.key);
  const withModels = (row: SpendGroupRow) => ({
    ...groupJson(key, row),
    model_details: modelDetails(details.get(row.name) ?? []),
  });
  return ok(rows.map(withModels));
}

const dayMs = 86_400_000;

/** Whole days in UTC, both included; the last thirty where none are given. */
function range(query: URLSearchParams, nowMs: number) {
  const day = (key: string, missingMs: number) => {
    const text = query.get(key);
    if (text === null) return missingMs;
    const atMs = Date.parse(`${text}T00:00:00Z`);
    if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(atMs)) {
      throw new KeyFault(400, `\`${key}\` must be a day: 2026-11-22`);
    }
    return atMs;
  };
  return {
    fromMs: day('start_date', nowMs - 30 * dayMs),
    untilMs: day('end_date', nowMs) + dayMs,
  };
}

/** A declared key is known by its name only; one that was deleted has its name in the ledger. */
function nameOf(house: AdminHouse, admin: KeyAdmin, which: string): string {
  if (house.settings.keys.some(({ name }) => name === which)) return which;
  return which.startsWith('key-') ? which : admin.find(which).name;
}

function shown(house: AdminHouse, key: KeyRecord) {
  return keyJson(key, house.wallet.spentNanoUsd({ by: 'key', name: key.name }, key.name));
}

function changesIn(body: unknown, besides: readonly string[]) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new KeyFault(400, 'the body must be a JSON object');
  }
  const rest = Object.entries(body).filter(([key]) => !besides.includes(key));
  const changes = readChanges(Object.fromEntries(rest));
  if ('fault' in changes) throw new KeyFault(400, changes.fault);
  return changes;
}

function keyIn(body: unknown, alone = false): string {
  if (alone) {
    const more = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    const stray = more.find((name) => name !== 'key');
    if (stray !== undefined) throw new KeyFault(400, `\`${stray}\` has no meaning here`);
  }
  const key = typeof body === 'object' && body !== null && 'key' in body ? body.key : null;
  if (typeof key !== 'string' || key === '') throw new KeyFault(400, '`key` must name a key');
  return key;
}

function listIn(body: unknown, name: 'keys' | 'key_aliases'): readonly string[] {
  const list = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  if (list === undefined) return [];
  const isList = Array.isArray(list) && list.every((each) => typeof each === 'string');
  if (!isList || list.length > 1_000) throw new KeyFault(400, `\`${name}\` must be a list of keys`);
  return list;
}

function one(query: URLSearchParams, name: string): string {
  refuseUnknown(query, [name]);
  const value = query.get(name);
  if (value === null || value === '') throw new KeyFault(400, `\`${name}\` must name a key`);
  return value;
}

function whole(query: URLSearchParams, name: string, missing: number, max: number): number {
  const text = query.get(name);
  if (text === null) return missing;
  const value = /^[0-9]{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new KeyFault(400, `\`${name}\` must be 1 to ${max}`);
  return value;
}

function refuseUnknown(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (!known.includes(name)) throw new KeyFault(400, `\`${name}\` has no meaning here`);
  }
}

function ok(body: unknown): AdminAnswer {
  return { status: 200, body };
}

function fault(status: number, message: string): AdminAnswer {
  const type = status === 404 ? 'not_found_error' : 'invalid_request_error';
  return { status, body: { error: { message, type, param: null, code: String(status) } } };
}
