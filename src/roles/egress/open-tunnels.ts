// The tunnels that are open now, so that a change of the rules can end those it no longer allows.

import type { Socket } from 'node:net';
import {
  decide,
  decideAddress,
  type EgressPolicy,
  type EgressRequest,
  type EgressRule,
} from '../../policy/egress.ts';
import { decideServerName } from '../../policy/egress-client-hello.ts';
import { allowedClientProxy } from '../../policy/egress-client-proxy.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { Rules } from './live-rules.ts';

interface WayTaken {
  /** The proxy that the client itself named. */
  readonly clientProxy: string | null;
  readonly matched: EgressRule | null;
}

/** What is decided about a tunnel, apart from the connection it has. */
export interface JudgedTunnel {
  readonly asked: EgressRequest & WayTaken;
  /** The address that was classified and dialled; null when another proxy dials it. */
  readonly address: string | null;
  /** The port there. */
  readonly port: number;
  readonly serverName: string | null;
  /** Whether its hello had an encrypted one inside. */
  readonly isHiding?: boolean;
  /** Whether what passes was let through without being TLS. */
  readonly plain: boolean;
  /** Whether it is one forwarded request and no tunnel. */
  readonly forwarded?: boolean;
}

export interface OpenTunnel {
  readonly judged: JudgedTunnel;
  readonly client: Socket;
  /** The shortest time after which it may have to be ended. */
  readonly shortestMs: number;
  /** Ends it when it is too old or has been silent for too long. */
  look(nowMs: number): void;
  end(why: Reason): void;
}

/** How often a tunnel is looked at within its shortest time, so how late it may be ended. */
const looksWithin = 16;
const lookEveryMsMax = 1_000;

/** One timer for all of them: ten thousand of their own would cost memory and a visit a byte. */
export class OpenTunnels {
  readonly #open = new Set<OpenTunnel>();
  readonly #nowMs: () => number;
  #everyMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#open.size;
  }

  add(tunnel: OpenTunnel): void {
    this.#open.add(tunnel);
    const everyMs = Math.min(Math.ceil(tunnel.shortestMs / looksWithin), lookEveryMsMax);
    if (everyMs >= this.#everyMs) return;
    clearInterval(this.#timer);
    this.#everyMs = everyMs;
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  delete(tunnel: OpenTunnel): void {
    this.#open.delete(tunnel);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#everyMs = Number.POSITIVE_INFINITY;
  }

  #look(): void {
    const nowMs = this.#nowMs();
    for (const tunnel of this.#open) tunnel.look(nowMs);
  }

  /** Ends every tunnel that these rules would refuse now; gives how many. */
  keepAllowed(rules: Rules): number {
    const refused = [...this.#open].filter(({ judged }) => !stillAllowed(rules, judged));
    for (const tunnel of refused) tunnel.end('rules-changed');
    return refused.length;
  }

  /** Ends the tunnels of clients that are no longer known; gives how many. */
  keepKnown(isKnown: (client: Socket) => boolean): number {
    const unknown = [...this.#open].filter(({ client }) => !isKnown(client));
    for (const tunnel of unknown) tunnel.end('caller-revoked');
    return unknown.length;
  }
}

/** Would the tunnel be let through if it were asked for now? */
export function stillAllowed({ policy }: Rules, tunnel: JudgedTunnel): boolean {
  const { asked, address, port, serverName, isHiding, plain, forwarded } = tunnel;
  const { verdict, host, matched } = decide(policy, asked);
  if (verdict === 'deny' || host === null) return false;
  if (address !== null && decideAddress(policy, address, port).verdict !== 'allow') {
    return false;
  }
  if (!isSameWay(policy, asked, matched)) return false;
  if (forwarded === true) return matched?.plainHttp === true;
  if (plain) return matched?.unsafeAllowPlaintext === true;
  if (isHiding === true && matched?.ech !== 'allow') return false;
  return decideServerName(serverName, host, matched, policy.globalDeny) === 'allowed';
}

/** Through the same other proxy, or through none. */
function isSameWay(policy: EgressPolicy, asked: WayTaken, matched: EgressRule | null) {
  const { clientProxy } = asked;
  if (clientProxy !== null) return allowedClientProxy(policy, matched, clientProxy) !== null;
  return matched?.upstreamProxy === asked.matched?.upstreamProxy;
}
