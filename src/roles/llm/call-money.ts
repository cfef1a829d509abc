// The money of one call over all its attempts: one reservation at a time, settled exactly once, and
// what earlier attempts may have cost.

import type { AgentMarks } from '../../policy/llm-agent.ts';
import { costOf } from '../../policy/llm-cost.ts';
import { rateFor } from '../../policy/llm-price.ts';
import { type ModelRequest, memberOf } from '../../policy/llm-request.ts';
import { allCandidates, type Candidate, type RoutePlan } from '../../policy/llm-route.ts';
import { usesCost } from '../../policy/llm-server-tools.ts';
import type { SeenUsage } from '../../policy/llm-usage.ts';
import type { Answered, Failed } from './attempt.ts';
import type { House } from './house.ts';
import type { CallLabels } from './meter.ts';
import type { Reservation, Route, Settlement } from './money/claim.ts';
import type { Ticket } from './ticket.ts';

/** Where what becomes of the money is noted; a refusal goes to who asked. */
export type MoneyTicket = Pick<Ticket, 'requestId' | 'caller' | 'note' | 'rule' | 'refuse'>;

export class CallMoney {
  readonly #house: House;
  readonly #ticket: MoneyTicket;
  readonly key: string;
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
    this.key = key;
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
      ...{ requestId, caller, key: this.key, ...this.#agent },
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
  failed({ candidate, billed, errorClass, answer }: Failed): void {
    this.#house.litellm?.failed(this.#labels(candidate), answer?.status ?? null, errorClass);
    if (billed) this.#settle(candidate, keptWhole(candidate), null);
    this.#under = null;
  }

  /** The call ends with a failure. */
  ended({ candidate, unsent }: Failed): void {
    this.#settle(candidate, { nanoUsd: 0, how: unsent ? 'unsent' : 'refused' }, null);
  }

  /** `stopped`: the client left, and the provider has ended its work. See `amountOf`. */
  answered(answered: Answered, seen: SeenUsage | null, stopped: boolean): void {
    const { candidate, startedMs } = answered;
    const durationMs = this.#house.world.monotonicMs() - startedMs;
    const firstByteMs = this.#request.stream ? answered.firstByteMs : null;
    this.#house.litellm?.answered(this.#labels(candidate), durationMs, firstByteMs);
    this.#settle(candidate, amountOf(candidate, this.#request, seen, stopped), seen);
  }

  /** What the call comes to with this count, before it is settled. */
  costOf(candidate: Candidate, seen: SeenUsage): number {
    return this.spentNanoUsd + amountOf(candidate, this.#request, seen).nanoUsd;
  }

  /**
   * Gives back what is still held: nothing where the call was settled. An attempt that ended in
   * nobody knows what may have been billed.
   */
  release(): void {
    if (this.#reservation === null) return;
    if (this.#under !== null) {
      this.#settle(this.#under, keptWhole(this.#under), null);
      return;
    }
    const [candidate = null] = [...this.#routes.values()];
    const settlement = { nanoUsd: 0, how: 'unsent', usage: null, savedNanoUsd: 0 } as const;
    this.#house.wallet.settle(this.#reservation, { ...settlement, route: candidate });
    this.#reservation = null;
    this.#ticket.note({ spendNanoUsd: this.spentNanoUsd });
  }

  #settle(candidate: Candidate, amount: Amount, seen: SeenUsage | null): void {
    const reservation = this.#reservation;
    if (reservation === null) return;
    this.#reservation = null;
    this.#under = null;
    const usage = seen?.usage ?? null;
    const savedNanoUsd = usage === null ? 0 : savedBy(usage, candidate);
    const route = routeOf(candidate);
    const spent = this.#house.wallet.settle(reservation, {
      ...{ ...amount, usage, savedNanoUsd, route },
    });
    this.spentNanoUsd += spent;
    const labels = this.#labels(candidate);
    this.#house.meter.spent(labels, spent);
    this.#house.litellm?.spent(labels, spent);
    this.#ticket.note({ spendNanoUsd: this.spentNanoUsd, settled: amount.how });
    if (usage === null) return;
    this.#house.meter.tokens(labels, usage);
    this.#house.litellm?.tokens(labels, usage);
    const { input, cacheRead, cacheWrite, cacheWrite1h, output } = usage;
    this.#ticket.note({ input, cacheRead, cacheWrite: cacheWrite + cacheWrite1h, output });
    if (savedNanoUsd !== 0) this.#ticket.note({ savedNanoUsd });
  }

  #labels({ provider, group, id, model }: Candidate): CallLabels {
    const { caller } = this.#ticket;
    const of = { deployment: id, deploymentModel: model };
    return { caller, key: this.key, model: group, provider, ...of };
  }
}

type Amount = Pick<Settlement, 'nanoUsd' | 'how' | 'tools'>;

function keptWhole({ worst: { nanoUsd } }: Candidate): Amount {
  return { nanoUsd, how: 'kept' };
}

/**
 * The provider's own count where it gave one. Where a stream was cut after the input was counted:
 * that, and the output as reserved. Otherwise all that was reserved: what may have been billed
 * counts as spent.
 */
function amountOf(
  candidate: Candidate,
  request: ModelRequest,
  seen: SeenUsage | null,
  stopped = false,
): Amount {
  const { price, worst } = candidate;
  const { serverTools } = request;
  // Of tools that were still at work nobody knows what they have come to.
  if (seen === null || (serverTools !== null && !seen.final)) {
    return { nanoUsd: worst.nanoUsd, how: 'kept' };
  }
  const images = request.images > 0 || request.media !== null;
  if (seen.final) {
    const tools = serverTools === null ? null : usesCost(serverTools, price.uses, seen.uses ?? {});
    const nanoUsd = costOf(seen.usage, price, images) + (tools?.nanoUsd ?? 0);
    return { nanoUsd, how: 'counted', tools };
  }
  const produced = stopped ? producedAtMost(candidate, request, seen) : null;
  const output = Math.max(produced ?? worst.outputTokens, seen.usage.output);
  const nanoUsd = costOf({ ...seen.usage, output }, price, images);
  const how = produced === null ? 'input-counted' : 'produced';
  return { nanoUsd: Math.min(nanoUsd, worst.nanoUsd), how };
}

/** Of what was on its way, or being made, when the connection was closed. */
const underWayTokens = 1_024;

/**
 * Tokens of output when a stream was cut: at most one for each byte of its text. Null where there
 * may have been thoughts that are not shown, or that the translation asked for.
 */
function producedAtMost(
  { api, worst: { outputTokens } }: Candidate,
  { api: asked, scan }: ModelRequest,
  { textBytes }: SeenUsage,
): number | null {
  const mayThink = api !== asked || memberOf(scan, 'thinking') !== undefined;
  if (textBytes === undefined || mayThink) return null;
  return Math.min(outputTokens, textBytes + underWayTokens);
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
