// The sections `budget` and `limits`: what may be spent and how often, on everything or by key,
// model, provider and session.

import type { KeyPath } from '../kit/located/problem.ts';
import { type Reader, unknownName } from '../kit/located/reader.ts';
import type { ScopeOptions, StackOptions } from '../topology/options.ts';
import { durationMs } from './fields.ts';
import { usdToNano } from './money.ts';
import { budgetSchema, budgetsMax, limitSchema } from './money-schema.ts';

export function readMoney(reader: Reader): Pick<StackOptions, 'budgets' | 'limits'> {
  const budgets = pathsOf(reader, 'budget').flatMap((path) => readBudget(reader, path) ?? []);
  const count = reader.count(['limits'], budgetsMax);
  const limits = Array.from({ length: count }, (_, index) => ['limits', index]).flatMap(
    (path) => readLimit(reader, path) ?? [],
  );
  return { budgets, limits };
}

function pathsOf(reader: Reader, section: string): readonly KeyPath[] {
  const value = reader.valueAt([section]);
  if (!Array.isArray(value)) return [[section]];
  if (value.length === 0) reader.add([section], 'must have one item at least');
  const count = reader.count([section], budgetsMax);
  return Array.from({ length: count }, (_, index) => [section, index]);
}

function readBudget(reader: Reader, path: KeyPath): StackOptions['budgets'][number] | null {
  const budget = reader.readMap(path, budgetSchema);
  if (budget === undefined) return null;
  const at = reader.document.declaredAt(path);
  const limitNanoUsd = usdToNano(reader.document.sourceOf([...path, 'usd']) ?? '');
  if (limitNanoUsd === null && budget.usd !== undefined) {
    const message = 'must be a plain decimal with nine decimals at most, up to 9000000';
    reader.add([...path, 'usd'], message);
  }
  const has = (key: string) => reader.valueAt([...path, key]) !== undefined;
  if (!has('per') && !has('rolling')) reader.add([...path, 'per'], 'is required');
  if (has('per') && has('rolling')) reader.add([...path, 'rolling'], 'has no use beside `per`');
  const { per = 'day', rolling } = budget;
  const window = rolling === undefined ? per : { rollingMs: durationMs(rolling) };
  const scope = { ...scopeOf(reader, path, budget), ...gone(budget) };
  return { ...scope, limitNanoUsd: limitNanoUsd ?? 0, window, at };
}

function readLimit(reader: Reader, path: KeyPath): StackOptions['limits'][number] | null {
  const limit = reader.readMap(path, limitSchema);
  if (limit === undefined) return null;
  const { rpm = null, tpm = null, parallel = null } = limit;
  const has = (key: string) => reader.valueAt([...path, key]) !== undefined;
  if (!has('rpm') && !has('tpm') && !has('parallel')) {
    reader.add(path, 'needs `rpm`, `tpm` or `parallel`');
  }
  const at = reader.document.declaredAt(path);
  const most = { requestsPerMinute: rpm, tokensPerMinute: tpm, parallel };
  return { ...scopeOf(reader, path, limit), ...gone(limit), ...most, at };
}

function gone({ whenGone }: { readonly whenGone?: 'refuse' | number | undefined }) {
  return whenGone === undefined ? {} : { whenGone };
}

const scopes = ['key', 'model', 'provider', 'session'] as const;
type Given = Readonly<Partial<Record<(typeof scopes)[number], string | undefined>>>;

function scopeOf(reader: Reader, path: KeyPath, given: Given): ScopeOptions {
  const [by, ...more] = scopes.filter((scope) => given[scope] !== undefined);
  if (by === undefined) return { by: 'all', name: null };
  for (const other of more) {
    reader.add([...path, other], `has no use beside \`${by}\`: write one item for each`);
  }
  const name = given[by] ?? 'each';
  if (name === 'each') return { by, name: null };
  const known = namesOf(reader, by);
  if (known !== null && !known.includes(name)) {
    reader.add([...path, by], unknownName(by, name, known));
  }
  return { by, name };
}

/** Null where names may also come from elsewhere: keys are made while it runs. */
function namesOf(reader: Reader, by: (typeof scopes)[number]): readonly string[] | null {
  if (by === 'key' || by === 'session') return null;
  const section = reader.valueAt([`${by}s`]);
  if (typeof section === 'object' && section !== null) return Object.keys(section);
  return by === 'model' ? ['default'] : [];
}
