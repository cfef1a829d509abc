// Whether the proxy can do its work, and what is missing though it can.

import type { Health } from '../../kit/running.ts';
import type { House } from './house.ts';

/** A missing provider key is said but does not make it unready: the other providers work. */
export function healthOf({ settings, secrets, wallet, cache }: House): Health {
  const fault = wallet.fault();
  if (fault !== null) return { ready: false, detail: `${fault}; nothing may be spent until then` };
  const unread = settings.keys.filter(({ secret }) => secrets.get(secret) === null);
  const missing = settings.providers.filter(({ key }) => key !== null && secrets.get(key) === null);
  const without = cache?.stats().store.fault ?? null;
  const said = [
    ...missing.map(({ name, keyHint }) => `${keyHint} is not set, so ${name} cannot be asked`),
    ...unread.map(({ name }) => `the virtual key ${name} cannot be read`),
    ...(without === null ? [] : [`answers are not cached now: ${without}`]),
  ];
  return said.length === 0 ? { ready: true } : { ready: true, detail: said.join('; ') };
}
