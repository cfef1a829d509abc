// What a change asks of a virtual key, in LiteLLM's words, read strictly: a field that has no
// meaning here is refused by name, never ignored.

import * as z from 'zod';
import type { KeyBudget, KeyRecord } from './key-record.ts';

const limit = z.int().nonnegative().nullable();
/** `30s`, `15m`, `24h`, `30d`, `1mo`. */
const duration = z.string().regex(/^[1-9][0-9]{0,5}(?:s|m|h|d|mo)$/, {
  error: 'must be a number and s, m, h, d or mo: 30d',
});
const usd = z.number().nonnegative().max(9_000_000);

const changes = z.strictObject({
  key_alias: z.string().min(1).max(128).nullable().optional(),
  /** Ours: the listener it is good on. */
  caller: z.string().min(1).max(128).nullable().optional(),
  models: z.array(z.string().min(1).max(256)).max(1_000).nullable().optional(),
  max_budget: usd.nullable().optional(),
  budget_duration: duration.nullable().optional(),
  budget_limits: z
    .array(z.strictObject({ budget_duration: duration, max_budget: usd }))
    .max(16)
    .nullable()
    .optional(),
  model_max_budget: z
    .record(
      z.string().min(1).max(256),
      z.strictObject({ budget_limit: usd, time_period: duration.optional() }),
    )
    .nullable()
    .optional(),
  rpm_limit: limit.optional(),
  tpm_limit: limit.optional(),
  max_parallel_requests: limit.optional(),
  metadata: z.record(z.string(), z.unknown()).nullable().optional(),
  duration: z
    .union([duration, z.literal('-1')])
    .nullable()
    .optional(),
  blocked: z.boolean().nullable().optional(),
});

export type KeyChanges = z.infer<typeof changes>;

/** Where a body is at fault, in words. */
export function readChanges(body: unknown): KeyChanges | { readonly fault: string } {
  const read = changes.safeParse(body);
  if (read.success) return read.data;
  const faults = read.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `\`${key}\` has no meaning here`)
      : `\`${issue.path.join('.')}\`: ${issue.message}`,
  );
  return { fault: faults.join('; ') };
}

/** A key after a change; what the change does not name stays. */
export function applied(key: KeyRecord, asked: KeyChanges, nowMs: number): KeyRecord {
  const given = <T>(value: T | null | undefined, before: T | null) =>
    value === undefined ? before : value;
  const { duration: lasts } = asked;
  const models = asked.models === undefined ? key.models : asked.models;
  return {
    ...key,
    alias: given(asked.key_alias, key.alias),
    caller: given(asked.caller, key.caller),
    // An empty list is LiteLLM's word for every model.
    models: models === null || models.length === 0 ? null : models,
    budgets: budgetsAfter(key, asked),
    requestsPerMinute: given(asked.rpm_limit, key.requestsPerMinute),
    tokensPerMinute: given(asked.tpm_limit, key.tokensPerMinute),
    parallel: given(asked.max_parallel_requests, key.parallel),
    metadata: asked.metadata === undefined ? key.metadata : (asked.metadata ?? {}),
    blocked: asked.blocked ?? key.blocked,
    updatedAtMs: nowMs,
    expiresAtMs: lasts === undefined ? key.expiresAtMs : expiry(lasts, nowMs),
  };
}

function expiry(lasts: string | null, nowMs: number): number | null {
  return lasts === null || lasts === '-1' ? null : nowMs + durationMs(lasts);
}

/** Each kind is replaced where the change names it. */
function budgetsAfter(key: KeyRecord, asked: KeyChanges): readonly KeyBudget[] {
  const of = (kind: KeyBudget['kind'], usd: number, lasts: string | null, model: string | null) => {
    const window =
      lasts === null ? 'total' : { everyMs: durationMs(lasts), fromMs: key.createdAtMs };
    return { kind, limitNanoUsd: nanoUsd(usd), window, model, duration: lasts } as const;
  };
  const before = mainBudget(key);
  const most = asked.max_budget === undefined ? usdOf(before) : asked.max_budget;
  const lasts =
    asked.budget_duration === undefined ? (before?.duration ?? null) : asked.budget_duration;
  const kept = (kind: KeyBudget['kind']) => key.budgets.filter((one) => one.kind === kind);
  const more = asked.budget_limits?.map((one) =>
    of('more', one.max_budget, one.budget_duration, null),
  );
  const models = Object.entries(asked.model_max_budget ?? {}).map(([model, one]) =>
    of('model', one.budget_limit, one.time_period ?? null, model),
  );
  return [
    ...(most === null ? [] : [of('main', most, lasts, null)]),
    ...(asked.budget_limits === undefined ? kept('more') : (more ?? [])),
    ...(asked.model_max_budget === undefined ? kept('model') : models),
  ];
}

export function mainBudget({ budgets }: KeyRecord): KeyBudget | null {
  return budgets.find(({ kind }) => kind === 'main') ?? null;
}

function usdOf(budget: KeyBudget | null): number | null {
  return budget === null ? null : budget.limitNanoUsd / 1e9;
}

/** By the shortest decimal that means the same number, so that 0.1 is exactly that. */
function nanoUsd(value: number): number {
  return Math.round(value * 1e9);
}

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, mo: 30 * 86_400_000 } as const;

function durationMs(text: string): number {
  const [, count = '1', unit = 'd'] = /^([0-9]+)([a-z]+)$/.exec(text) ?? [];
  return Number(count) * unitsMs[unit as keyof typeof unitsMs];
}
