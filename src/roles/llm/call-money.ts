// The money of one call over all its attempts: one reservation at a time, settled exactly once, and
// what earlier attempts may have cost.

import type { AgentMarks } from '../../policy/llm-agent.ts';
import { costOf } from '../../policy/llm-cost.ts';
import { rateFor } from '../../policy/llm-price.ts';
import type { ModelRequest } from '../../policy/llm-request.ts';
import { allCandidates, type Candidate, type RoutePlan } from '../../policy/llm-route.ts';
import type { SeenUsage } from '../../policy/llm-usage.ts';
import type { Answered, Failed } from './attempt.ts';
import type { House } from './house.ts';
import type { Reservation, Route, Settled } from './money/claim.ts';
import type { Ticket } from './ticket.ts';

/** Where what becomes of the money is noted; a refusal goes to who asked. */
export type MoneyTicket = Pick<Ticket, 'requestId' | 'caller' | 'note' | 'rule' | 'refuse'>;

export class CallMoney {
  readonly #house: House;
  readonly #ticket: MoneyTicket;
  readonly #key: string;
  readonly #model: string;
  readonly #request: ModelRequest;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #agent: AgentMarks;
  #reservation: Reservation | null = null;
  /** An attempt that has begun and is not settled: it may have been billed. */
  #under: Candidate | null = null;
  /** Over all attempts so far. */
  spentNanoUsd = 0;

  constructor(
    house: House,
    ticket: MoneyTicket,
    key: string,
    model: string,
    request: ModelRequest,
    plan: RoutePlan,
    agent: AgentMarks,
  ) {
    this.#agent = agent;
    this.#house = house;
    this.#ticket = ticket;
    this.#key = key;
    this.#model = model;
    this.#request = request;
    this.#routes = new Map(allCandidates(plan).map((one) => [one.id, routeOf(one)]));
  }

  /** Holds the worst case; where it cannot, the client is told and the answer is false. */
  async reserve(again: boolean): Promise<boolean> {
    const { requestId, caller } = this.#ticket;
    const routes = [...this.#routes.values()];
    const dearest = Math.max(...routes.map(({ nanoUsd }) => nanoUsd));
    this.#ticket.note({ reservedNanoUsd: dearest });
    const reserved = await this.#house.wallet.reserve({
      ...{ requestId, caller, key: this.#key, ...this.#agent },
      ...{ model: this.#model, again, routes },
      tokens: Math.ceil(this.#request.bytes / 4),
    });
    if ('reservation' in reserved) {
      this.#reservation = reserved.reservation;
      return true;
    }
    // An attempt has failed before: its own failure is what the client is told.
    if (again) return false;
    this.#ticket.rule(reserved.denied.rule);
    this.#ticket.refuse(reserved.denied);
    return false;
  }

  /** While nothing is held, `begin` will tell. */
  covers({ id }: Candidate): boolean {
    if (this.#reservation === null) return true;
    const route = this.#routes.get(id);
    const { routes } = this.#reservation;
    return route !== undefined && routes.some((one) => isSame(one, route));
  }

  /** Before an attempt: true when its money is held. */
  async begin(candidate: Candidate): Promise<boolean> {
    this.#ticket.note({ provider: candidate.provider, deployment: candidate.id });
    if (this.#reservation === null && !(await this.reserve(true))) return false;
    // A second reservation may have had room for fewer routes than the first.
    if (!this.covers(candidate)) return false;
    this.#under = candidate;
    return true;
  }

  /** After a failed attempt: what may have been billed counts as spent. */
  failed({ candidate, billed }: Failed): void {
    if (billed) this.#settle(candidate, candidate.worst.nanoUsd, 'kept', null);
    this.#under = null;
  }

  /** The call ends with a failure. */
  ended({ candidate, unsent }: Failed): void {
    this.#settle(candidate, 0, unsent ? 'unsent' : 'refused', null);
  }

  /** The provider's own count where it gave one; see `amountOf`. */
  answered({ candidate }: Answered, seen: SeenUsage | null): void {
    const { nanoUsd, how } = amountOf(candidate, this.#request, seen);
    this.#settle(candidate, nanoUsd, how, seen);
  }

  /**
   * Gives back what is still held: nothing where the call was settled. An attempt that ended in
   * nobody knows what may have been billed.
   */
  release(): void {
    if (this.#reservation === null) return;
    if (this.#under !== null) {
      this.#settle(this.#under, this.#under.worst.nanoUsd, 'kept', null);
      return;
    }
    const [candidate = null] = [...this.#routes.values()];
    const settlement = { nanoUsd: 0, how: 'unsent', usage: null, savedNanoUsd: 0 } as const;
    this.#house.wallet.settle(this.#reservation, { ...settlement, route: candidate });
    this.#reservation = null;
    this.#ticket.note({ spendNanoUsd: this.spentNanoUsd });
  }

  #settle(candidate: Candidate, nanoUsd: number, how: Settled, seen: SeenUsage | null): void {
    const reservation = this.#reservation;
    if (reservation === null) return;
    this.#reservation = null;
    this.#under = null;
    const usage = seen?.usage ?? null;
    const savedNanoUsd = usage === null ? 0 : savedBy(usage, candidate);
    const route = routeOf(candidate);
    const spent = this.#house.wallet.settle(reservation, {
      ...{ nanoUsd, how, usage, savedNanoUsd, route },
    });
    this.spentNanoUsd += spent;
    const { caller } = this.#ticket;
    const { provider, group } = candidate;
    const labels = { caller, key: this.#key, model: group, provider };
    this.#house.meter.spent(labels, spent);
    this.#ticket.note({ spendNanoUsd: this.spentNanoUsd, settled: how });
    if (usage === null) return;
    this.#house.meter.tokens(labels, usage);
    const { input, cacheRead, cacheWrite, cacheWrite1h, output } = usage;
    this.#ticket.note({ input, cacheRead, cacheWrite: cacheWrite + cacheWrite1h, output });
    if (savedNanoUsd !== 0) this.#ticket.note({ savedNanoUsd });
  }
}

/**
 * The provider's own count where it gave one. Where a stream was cut after the input was counted:
 * that, and the output as reserved. Otherwise all that was reserved: what may have been billed
 * counts as spent.
 */
function amountOf(
  { price, worst }: Candidate,
  request: ModelRequest,
  seen: SeenUsage | null,
): { nanoUsd: number; how: Settled } {
  if (seen === null) return { nanoUsd: worst.nanoUsd, how: 'kept' };
  const images = request.images > 0 || request.media !== null;
  if (seen.final) return { nanoUsd: costOf(seen.usage, price, images), how: 'counted' };
  const output = Math.max(worst.outputTokens, seen.usage.output);
  const nanoUsd = costOf({ ...seen.usage, output }, price, images);
  return { nanoUsd: Math.min(nanoUsd, worst.nanoUsd), how: 'input-counted' };
}

/** What the cache made cheaper, less what writing it cost. */
function savedBy(usage: NonNullable<SeenUsage['usage']>, { price }: Candidate): number {
  const { input, cacheRead, cacheWrite, cacheWrite1h } = usage;
  const all = input + cacheRead + cacheWrite + cacheWrite1h;
  const plain = rateFor(price.input, all);
  const rest = (rate: typeof price.input, tokens: number) => tokens * (plain - rateFor(rate, all));
  return (
    rest(price.cacheRead, cacheRead) +
    rest(price.cacheWrite, cacheWrite) +
    rest(price.cacheWrite1h, cacheWrite1h)
  );
}

function routeOf({ provider, group, model, worst }: Candidate): Route {
  return { provider, model: group, deployment: model, nanoUsd: worst.nanoUsd };
}

function isSame(a: Route, b: Route): boolean {
  return a.provider === b.provider && a.model === b.model && a.deployment === b.deployment;
}
