// Looks a name up at chosen name servers, and nowhere else: not in the hosts file, not at the
// system's. A lookup that takes too long is called back.

import { Resolver } from 'node:dns/promises';

/** `servers` as `192.0.2.53:53` or `[2001:db8::53]:53`. Throws what the resolver throws. */
export function lookupAt(
  servers: readonly string[],
  timeoutMs: number,
): (name: string) => Promise<readonly string[]> {
  return async (name) => {
    // One for each lookup: only a resolver as a whole can be called back.
    const resolver = new Resolver({ timeout: Math.max(1, Math.ceil(timeoutMs / 2)), tries: 2 });
    resolver.setServers([...servers]);
    const timer = setTimeout(() => resolver.cancel(), timeoutMs);
    const answers = await Promise.allSettled([resolver.resolve6(name), resolver.resolve4(name)]);
    clearTimeout(timer);
    const found = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (found.length > 0) return found;
    throw answers.find((one) => one.status === 'rejected')?.reason ?? new Error('no answer');
  };
}
