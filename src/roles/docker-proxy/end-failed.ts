// The end of a call of which the client got nothing: the daemon failed, or the client did not wait.

import type { DaemonFailure } from './daemon-pool.ts';
import type { Exchange } from './exchange.ts';
import { endDisturbed, refusalOf, refuse } from './give-refusal.ts';

export function endFailed(exchange: Exchange, { failed, error }: DaemonFailure): Promise<false> {
  const { bodyFault } = exchange;
  if (bodyFault !== null) {
    return refuse(exchange, refusalOf(bodyFault, bodyFault === 'client-gone' ? 400 : undefined));
  }
  if (exchange.disturbed !== null) return endDisturbed(exchange);
  return refuse(exchange, refusalOf(failed), { error });
}
