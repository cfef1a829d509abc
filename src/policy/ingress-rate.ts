// How often one client may ask. A client is an address; of IPv6 the half that a provider gives to
// one household, for its owner has the other half to choose from.

import ipaddr from 'ipaddr.js';

export interface RateRule {
  /** At once, and again in each `perMs`, a bit at a time. */
  readonly requests: number;
  readonly perMs: number;
}

/** Clients that are remembered; the one that asked longest ago is forgotten first. */
const clientsMax = 10_000;

export class ClientRates {
  readonly #rule: RateRule;
  readonly #clients = new Map<string, { left: number; atMs: number }>();

  constructor(rule: RateRule) {
    this.#rule = rule;
  }

  /** Whether it may ask now; `nowMs` never steps back. */
  take(address: string, nowMs: number): boolean {
    const { requests, perMs } = this.#rule;
    const client = clientOf(address);
    const before = this.#clients.get(client) ?? { left: requests, atMs: nowMs };
    this.#clients.delete(client);
    const grown = before.left + ((nowMs - before.atMs) * requests) / perMs;
    const left = Math.min(requests, grown);
    const admitted = left >= 1;
    this.#clients.set(client, { left: admitted ? left - 1 : left, atMs: nowMs });
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > clientsMax && oldest !== undefined) this.#clients.delete(oldest);
    return admitted;
  }

  /** Whole seconds after which one more is admitted for sure. */
  get retrySeconds(): number {
    return Math.ceil(this.#rule.perMs / this.#rule.requests / 1_000);
  }
}

/** `2001:db8:1:2::/64` for any of its addresses; `192.0.2.1` also where it is written as IPv6. */
export function clientOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  const network = [...parsed.parts.slice(0, 4), 0, 0, 0, 0];
  return `${new ipaddr.IPv6(network).toString()}/64`;
}
