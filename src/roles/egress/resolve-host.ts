// From a name to its addresses: the rules' own table first, then the resolver, once for everybody
// who asks at the same time.

import type { World } from '../../kit/world.ts';
import { lookupAt } from '../../net/name-lookup.ts';
import type { Host } from '../../policy/host.ts';
import { parseResolver } from '../../policy/resolver.ts';
import { refuse, type Step } from './refusal.ts';
import type { EgressSettings } from './settings.ts';

export type ResolveHost = (
  host: Host,
  table: Readonly<Record<string, readonly string[]>>,
) => Promise<Step<readonly string[]>>;

type Lookup = { value: readonly string[] } | { error: string } | 'timeout';

interface Kept {
  readonly lookup: Promise<Lookup>;
  untilMs: number;
}

/** Names kept at once; past it a name is looked up anew each time. */
const namesMax = 1_024;

/**
 * The name must be allowed already: asking a resolver tells the outside what was asked. What it
 * answers is judged anew by each who asks, kept or not.
 */
export function createResolveHost(settings: EgressSettings, world: World): ResolveHost {
  const { resolveTimeoutMs, answersMax, answersKeptMs } = settings.limits;
  const ask = resolverOf(settings, world);
  const kept = new Map<string, Kept>();
  const lookUp = (name: string): Promise<Lookup> => {
    const nowMs = world.monotonicMs();
    const found = kept.get(name);
    if (found !== undefined && nowMs < found.untilMs) return found.lookup;
    const made: Kept = {
      lookup: withDeadline(ask(name), resolveTimeoutMs),
      untilMs: nowMs + resolveTimeoutMs,
    };
    if (kept.size >= namesMax) forgetPast(kept, nowMs);
    if (kept.size < namesMax) kept.set(name, made);
    // Answers are kept for a moment; a failure is not, so that the next who asks tries again.
    void made.lookup.then((lookup) => {
      const isAnswer = lookup !== 'timeout' && 'value' in lookup;
      made.untilMs = isAnswer ? world.monotonicMs() + answersKeptMs : 0;
    });
    return made.lookup;
  };
  return async (host, table) => {
    if (host.kind === 'address') return { ok: [host.text] };
    // Own keys only: `constructor` is a host name too.
    if (Object.hasOwn(table, host.text)) return { ok: table[host.text] ?? [] };
    const lookup = await lookUp(host.text);
    if (lookup === 'timeout') return refuse('resolve-timeout');
    if ('error' in lookup) return refuse('name-unresolvable', null, { error: lookup.error });
    if (lookup.value.length > answersMax) return refuse('answers-too-many');
    return { ok: lookup.value };
  };
}

function resolverOf({ resolvers, limits }: EgressSettings, world: World): World['resolve'] {
  if (resolvers === undefined) return world.resolve;
  const servers = resolvers.flatMap((text) => {
    const server = parseResolver(text);
    if (server === null) return [];
    return [`${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`];
  });
  return lookupAt(servers, limits.resolveTimeoutMs);
}

function forgetPast(kept: Map<string, Kept>, nowMs: number): void {
  for (const [name, { untilMs }] of kept) if (untilMs <= nowMs) kept.delete(name);
}

async function withDeadline(work: Promise<readonly string[]>, timeoutMs: number): Promise<Lookup> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'timeout');
  });
  const done = work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: errorCode(error) }),
  );
  const first = await Promise.race([done, late]);
  clearTimeout(timer);
  return first;
}

/** The system's code for it, or the name of the error. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
