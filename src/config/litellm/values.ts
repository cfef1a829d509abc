// How LiteLLM writes times, money and references.

/** A secret by reference, or where in the file it stands; the value itself is never carried. */
export type SecretValue =
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string }
  /** Two that go as one, `ID:SECRET`. */
  | { readonly kind: 'pair'; readonly first: SecretValue; readonly second: SecretValue };

/** Null when a variable of it is not set. */
export function reveal(
  secret: SecretValue,
  variable: (name: string) => string | undefined,
): string | null {
  if (secret.kind === 'literal') return secret.value;
  if (secret.kind === 'environment') return variable(secret.name) || null;
  const [first, second] = [reveal(secret.first, variable), reveal(secret.second, variable)];
  return first === null || second === null ? null : `${first}:${second}`;
}

export function variablesOf(secret: SecretValue): readonly string[] {
  if (secret.kind === 'environment') return [secret.name];
  return secret.kind === 'pair' ? [secret.first, secret.second].flatMap(variablesOf) : [];
}

const reference = /^os\.environ\/([A-Za-z_][A-Za-z0-9_]*)$/;

export function secretValue(text: string): SecretValue {
  const name = reference.exec(text)?.[1];
  return name === undefined ? { kind: 'literal', value: text } : { kind: 'environment', name };
}

export type Window = 'hour' | 'day' | 'week' | 'month' | { readonly rollingMs: number };

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `30d`, `1mo`. Those that LiteLLM starts at the edges of the calendar do so here. */
export function windowOf(text: string): Window | null {
  const named: Readonly<Record<string, Window>> = {
    '1h': 'hour',
    '60m': 'hour',
    '1d': 'day',
    '24h': 'day',
    '7d': 'week',
    '1w': 'week',
    '30d': 'month',
    '1mo': 'month',
  };
  if (Object.hasOwn(named, text)) return named[text] ?? null;
  const [, count, unit] = /^([1-9]\d{0,5})([smhdw])$/.exec(text) ?? [];
  const rollingMs = Number(count) * (unitMs[unit ?? ''] ?? Number.NaN);
  return rollingMs >= 60_000 ? { rollingMs } : null;
}

/** Dollars to nano-dollars; null for what is no amount, or one that no ledger could hold. */
export function nanoUsdOf(usd: unknown): number | null {
  if (typeof usd !== 'number' || !Number.isFinite(usd) || usd < 0) return null;
  const nano = Math.round(usd * 1e9);
  return Number.isSafeInteger(nano) ? nano : null;
}

/**
 * Dollars a token to nano-dollars: rounded up, so that a budget holds.
 */
export function nanoUsdPerToken(usd: number): number | null {
  const nano = Number((usd * 1e9).toFixed(6));
  return Number.isFinite(nano) && nano >= 0 && nano <= 1e9 ? Math.ceil(nano) : null;
}

/** Seconds, also as text, to milliseconds. */
export function msOf(seconds: unknown): number | null {
  const number = typeof seconds === 'string' && seconds !== '' ? Number(seconds) : seconds;
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) return null;
  return Math.min(Math.max(Math.round(number * 1_000), 1), 86_400_000);
}
