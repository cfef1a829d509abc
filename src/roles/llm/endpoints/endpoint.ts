// What an endpoint is, and what it is given of one exchange.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dialect } from '../../../policy/llm-api.ts';
import type { House } from '../house.ts';
import type { Ticket } from '../ticket.ts';

export interface Exchange {
  readonly house: House;
  readonly ticket: Ticket;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The virtual key's name; empty where none is asked for. */
  readonly key: string;
  /** The models that the key may ask for; null: every one. */
  readonly allowed: readonly string[] | null;
  /** What follows a path that says `named`, as the client wrote it; null where nothing does. */
  readonly named: string | null;
  /** `?` and what follows; empty without. */
  readonly search: string;
}

export interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly paths: readonly string[];
  /** Whether a slash and the name of what is asked for may follow a path. */
  readonly named?: true;
  /** Whose errors it speaks; null: the client's headers tell. */
  readonly dialect: Dialect | null;
  /** `nobody`: whoever can connect may ask. `master`: who holds the master key. */
  readonly asks: 'key' | 'master' | 'nobody';
  /** The query that has a meaning; any other is not found. */
  readonly search: RegExp;
  readonly answer: (exchange: Exchange) => Promise<void> | void;
}
