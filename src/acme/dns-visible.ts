// Whether a zone's own name servers all say what one of them was told: a CA asks any of them, and
// one that does not know yet costs a failed try. Bounded; where none can be asked, a blind wait.

import { Resolver } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ClincherError } from '../kit/error.ts';

export interface DnsPatience {
  /** Of one question. */
  readonly askMs: number;
  readonly pollMs: number;
  readonly totalMs: number;
  /** Where none of them can be asked from here. */
  readonly blindMs: number;
}

export const dnsPatience: DnsPatience = {
  askMs: 3_000,
  pollMs: 1_000,
  totalMs: 90_000,
  blindMs: 20_000,
};

const silentRoundsMax = 2;

/**
 * `servers` are addresses, with a port where it is another than 53.
 * @throws ClincherError `acme-record-unseen` where one of them answers and does not know it in time
 */
export async function untilVisible(
  servers: readonly string[],
  name: string,
  text: string,
  patience: DnsPatience = dnsPatience,
): Promise<void> {
  const until = performance.now() + patience.totalMs;
  let waiting = [...servers];
  const reached = new Set<string>();
  for (let round = 1; ; round += 1) {
    const asked = waiting.map(async (server) => ({
      server,
      texts: await look(server, name, patience.askMs),
    }));
    const looked = await Promise.all(asked);
    for (const { server, texts } of looked) if (texts !== null) reached.add(server);
    waiting = looked.filter(({ texts }) => !texts?.includes(text)).map(({ server }) => server);
    // An address family without a way out, a firewall: whoever never answers is left to the CA.
    if (round >= silentRoundsMax) waiting = waiting.filter((server) => reached.has(server));
    if (waiting.length === 0) return reached.size > 0 ? undefined : delay(patience.blindMs);
    if (performance.now() + patience.pollMs >= until) throw unseen(waiting, name);
    await delay(patience.pollMs);
  }
}

/** Null: it could not be asked. */
async function look(server: string, name: string, timeout: number): Promise<string[] | null> {
  const resolver = new Resolver({ timeout, tries: 1, maxTimeout: timeout });
  resolver.setServers([server]);
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return code === 'ENODATA' || code === 'ENOTFOUND' ? [] : null;
  }
}

function unseen(behind: readonly string[], name: string): ClincherError {
  return new ClincherError(
    'acme-record-unseen',
    `${behind.join(', ')} of the zone's name servers did not show ${name} in time`,
    { fix: 'The CA was not asked to look, so no try is lost; it is done again later.' },
  );
}
