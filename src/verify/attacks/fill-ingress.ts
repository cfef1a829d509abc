// The host that the ingress's attacks are written with, in place of the one of this stack.

import type { ServicePlan } from '../../plan/model.ts';
import { hostMark } from './ingress/requests.ts';
import type { WireAttack } from './model.ts';

export function originOf({ settings }: ServicePlan): URL {
  return new URL(String(settings.origin));
}

/** Null where this stack has no route with a token, or lets nobody in but what stands in front. */
export function fillIngress({ bytes, reason }: WireAttack, guard: ServicePlan): string | null {
  const { routes = [], front } = guard.settings as {
    readonly routes?: readonly { readonly prefix: string; readonly bearerFile?: string }[];
    readonly front?: unknown;
  };
  if (front !== undefined) return null;
  const isGuarded = routes.some((one) => one.prefix === '/metrics' && one.bearerFile !== undefined);
  if (reason === 'token-wrong' && !isGuarded) return null;
  return bytes.replaceAll(hostMark, originOf(guard).host);
}
