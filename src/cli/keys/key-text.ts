// Virtual keys as a table. Pure.

import { dollars } from '../../kit/dollars.ts';
import { shown } from '../egress/record-text.ts';
import { tableLines } from '../table.ts';
import type { ShownKey } from './change-keys.ts';

const heads = ['key', 'alias', 'value', 'models', 'spent', 'budget', 'limits', 'state'];

export function keyLines(keys: readonly ShownKey[]): readonly string[] {
  if (keys.length === 0) return ['there are no keys beside those declared in the configuration'];
  return tableLines([heads, ...keys.map(cells)]);
}

function cells(key: ShownKey): readonly string[] {
  const { max_budget, budget_duration, rpm_limit, tpm_limit, max_parallel_requests } = key;
  const models = key.models as readonly string[];
  const per = typeof budget_duration === 'string' ? ` per ${budget_duration}` : '';
  const limits = [
    rpm_limit === null ? '' : `${rpm_limit} rpm`,
    tpm_limit === null ? '' : `${tpm_limit} tpm`,
    max_parallel_requests === null ? '' : `${max_parallel_requests} at once`,
  ].filter((text) => text !== '');
  const expires = typeof key.expires === 'string' ? `until ${key.expires.slice(0, 10)}` : 'good';
  return [
    String(key.name),
    key.key_alias === null ? '-' : shown(String(key.key_alias)),
    String(key.key_name),
    models.length === 0 ? 'all' : models.map(shown).join(','),
    dollars(Math.round(Number(key.spend) * 1e9)),
    max_budget === null ? '-' : `$${max_budget}${per}`,
    limits.length === 0 ? '-' : limits.join(', '),
    key.blocked === true ? 'blocked' : expires,
  ];
}
